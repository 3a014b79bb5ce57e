"""The lower part of the window: the queue, the threads that work for it, and the console."""
