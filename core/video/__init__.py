"""Clips: what a model can do, what was asked for, the exact plan, and the road to the file."""
