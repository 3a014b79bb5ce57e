"""From a request and its axes to the cells of a grid: their plans, and their jobs on the way."""
