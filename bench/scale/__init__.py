"""What the store's operations cost as it grows: `python -m bench.scale`, as `make bench-scale`."""
