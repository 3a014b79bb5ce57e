"""Weights on disk: fetched, taken over, verified, removed."""
