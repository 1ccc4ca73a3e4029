"""What a killed worker leaves uncertain: `python -m bench.crash`."""
