"""Long work: what a job is, the journal that remembers it, the queue that runs it."""
