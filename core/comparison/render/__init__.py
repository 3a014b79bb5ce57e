"""From one request to a clip of each target: plans, and the jobs that carry them out."""
