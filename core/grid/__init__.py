"""A grid: one request with one or two of its values changed, cell by cell, as a labelled sheet."""
