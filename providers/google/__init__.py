"""Google's models: Veo on Vertex AI, and Gemini Omni and images by an API key."""
