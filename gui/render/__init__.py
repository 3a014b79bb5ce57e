"""How clips are rendered: model, size, controls, the plan, and the buttons that start it."""
