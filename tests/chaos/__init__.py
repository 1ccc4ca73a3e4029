"""Mail at a steady rate while everything is killed at random; then the sum must balance.

`python -m tests.chaos`, as `make chaos` runs it.
"""
