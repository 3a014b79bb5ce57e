"""The history tab: everything that was made, found again, looked at and made once more."""
