"""From a film to its file: plan, kept segments, encoding, joining. Builds on the other three."""
