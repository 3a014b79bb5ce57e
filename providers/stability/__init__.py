"""Stability AI: the table of its routes, the provider, and the client that speaks to it."""
