"""LTX on a ComfyUI server of one's own: graphs built from what the server says it has."""
