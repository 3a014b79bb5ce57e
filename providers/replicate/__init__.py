"""Replicate: its key, how it is spoken to and calls, schemas; used by LTX there and by images."""
