"""Who makes a clip where the target that was asked for cannot: the list, and going on by it."""
