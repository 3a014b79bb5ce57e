"""A project as values: scenes, takes, references, and edits as pure functions."""
