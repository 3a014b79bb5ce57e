"""LTX at Replicate: its table, the fields that it says its models take, and its client."""
