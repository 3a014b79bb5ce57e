"""Characters and styles of the open project: their panel, and their names while one types."""
