"""Weights on their way from disk: out of one file, or packed as they come."""
