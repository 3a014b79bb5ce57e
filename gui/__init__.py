"""Everything that needs Qt: the windows, and texts drawn as pictures."""
