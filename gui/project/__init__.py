"""The open project in the window: opening, saving, undo, recent ones and the first page."""
