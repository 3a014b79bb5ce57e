"""Text that becomes scenes: reading its marks, dividing it, giving each scene a length."""
