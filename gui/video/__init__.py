"""The video project tab and its panels."""
