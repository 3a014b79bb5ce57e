"""The video project tab: makes the panels, gives each its place, and joins them."""

from __future__ import annotations
