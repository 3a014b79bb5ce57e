"""Google's video models: Veo on Vertex AI, and Gemini Omni by an API key."""
