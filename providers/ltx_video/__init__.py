"""LTX-Video and LTX-2 on this machine."""
