"""Images by models on this machine: whatever pipeline of diffusers makes pictures of words."""
