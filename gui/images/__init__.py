"""The image tab: images ordered, made and looked at."""
