"""Draws what a clip follows of a control video: its outlines, its depth, its people."""
