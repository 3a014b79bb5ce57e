"""One prompt on several models: made by each of them, measured, and shown side by side."""
