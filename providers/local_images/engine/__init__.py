"""The process that makes images: loads PyTorch, and one model at a time."""
