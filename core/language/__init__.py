"""Language models: which there are, what a question costs, the job that asks, its kept answers."""
