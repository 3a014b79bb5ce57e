"""The player: clips, the sequence of all scenes and films, with sound and exact frames."""
