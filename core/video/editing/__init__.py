"""The ways to work on an image besides its words and a mask: their table, and variations of one."""
