"""What is seen of a film: FFmpeg's graph, colours, words and marks on it. Builds on model."""
