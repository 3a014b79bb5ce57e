"""Gemini Omni by an API key: its models as a table, the client, and the provider."""
