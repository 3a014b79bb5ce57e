"""The world of LTX Mini, drawn and described: the data its training script learns from."""
