"""Veo 3.1 on Vertex AI: its models as a table, what lets one in, and the provider."""
