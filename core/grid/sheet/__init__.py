"""What a grid tells: its cells as values, and the job that waits for them and draws the sheet."""
