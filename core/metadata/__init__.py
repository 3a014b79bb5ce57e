"""What image files say of how they were made, in the words of many programs; none is run."""
