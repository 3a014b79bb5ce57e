"""What `setup_ltx_video.py` shows: the table of models, and what installing one would mean."""
