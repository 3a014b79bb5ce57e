"""Images at Fal: endpoints and models as tables, the provider, and its client."""
