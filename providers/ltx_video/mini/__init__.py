"""LTX Mini, the built-in model: its weights in diffusers layout, and the words it knows."""
