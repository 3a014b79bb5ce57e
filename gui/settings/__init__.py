"""The settings and keys in a dialog made from their schema."""
