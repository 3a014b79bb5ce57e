"""Image models as files: what lies on this disk, and checkpoints of a person's own."""
