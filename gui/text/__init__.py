"""Texts drawn as images by Qt in a process of their own; asking for them loads no Qt."""
