"""LoRAs: what their files say, which models they fit, and a person's own collection."""
