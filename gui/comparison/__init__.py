"""Comparing one prompt on several models: what is asked, who makes it, what that costs."""
