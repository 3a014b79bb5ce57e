"""The image tab: images ordered, made, looked at, marked and compared."""
