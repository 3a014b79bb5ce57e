"""What scripts/bench_gpu.py measures: memory layouts of a whole model with random weights."""
