"""What a comparison tells: its values, what is measured of clips, the page and the job for it."""
