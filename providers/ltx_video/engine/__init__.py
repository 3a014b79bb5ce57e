"""The engine process, which alone loads PyTorch, and the app's side of talking to it."""
