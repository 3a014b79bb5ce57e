"""The parts of scripts/make_docs.py, one module for each kind of text."""
