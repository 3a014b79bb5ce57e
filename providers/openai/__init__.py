"""OpenAI's image models: their table, the provider, and the client that speaks to the service."""
