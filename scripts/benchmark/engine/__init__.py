"""Part "engine": every mode against a bare script, switches of a LoRA, memory over many jobs."""
