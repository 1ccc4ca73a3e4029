"""The command line: thin; it starts processes and calls flows."""

from pillarbox.cli.entry import main

__all__ = ["main"]
