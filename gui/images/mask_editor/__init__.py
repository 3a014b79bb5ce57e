"""The mask of an image, painted over it; may know `gui/widgets` and core, and no queue."""
