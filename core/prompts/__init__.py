"""Prompts before they are requests: wildcards, and the lists of words that people keep for them."""
