"""Start frames for the scenes of the open project: the dialog, and who has them made."""
