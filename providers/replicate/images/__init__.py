"""Images at Replicate: models by the fields that they say they take, the provider, its client."""
