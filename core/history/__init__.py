"""Everything that was ever made, and how it gets into the history."""
