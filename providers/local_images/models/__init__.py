"""What there is of image models, as tables: families, models, memory. Loads no PyTorch."""
