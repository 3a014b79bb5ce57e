"""LTX on the machines of Fal: its models and endpoints as tables, and the provider."""
