"""The film's own panel: what lies between the clips and over them, and the file it becomes."""
