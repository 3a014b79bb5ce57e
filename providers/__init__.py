"""The providers: each knows core and nobody else."""
