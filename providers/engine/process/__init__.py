"""What runs in the process of an engine, beside PyTorch."""
