"""Weights as files of this disk, whatever model they are of: fetched, proved, linked, removed."""
