"""The scenes: their table, the chosen one in large, its images and references."""
