"""Training LoRAs: the process that does it, the recipe, and the app's side of it."""
