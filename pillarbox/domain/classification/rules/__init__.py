"""The rules by text: one file per thing that replies complain of, ordered in `order.py`."""
