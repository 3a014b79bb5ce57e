"""What is heard of a film: stems, music, mixing and loudness. Builds on model."""
