"""What the app and any process that works with loaded models have in common; knows no model."""
