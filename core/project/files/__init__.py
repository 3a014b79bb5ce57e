"""A project on disk: its folder, its lock, its media, and copies of all of it."""
