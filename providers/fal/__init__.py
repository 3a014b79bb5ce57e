"""Fal: its key, how it is spoken to, what it calls and asks; used by LTX there and by images."""
