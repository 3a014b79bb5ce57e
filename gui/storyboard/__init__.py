"""The storyboard: text on the left, the scenes that it becomes on the right."""
