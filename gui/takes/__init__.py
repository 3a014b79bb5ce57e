"""The takes of the shown scene: the strip, and two of them side by side."""
