"""Training a LoRA: what from, for which model, how; the rest is a job of the queue."""
