"""Google's image models by an API key: their table, the client, and the provider."""
