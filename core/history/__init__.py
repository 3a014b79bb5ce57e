"""Everything that was ever made and how it is found again: its marks, and prompts of before."""
