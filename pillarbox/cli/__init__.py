"""The command line: thin; it starts processes and calls flows."""

from pillarbox.cli.first_process import end_at_once


def main() -> None:
    """Run a command; signals are heard before anything that takes time is loaded."""
    end_at_once()
    from pillarbox.cli.entry import main as run  # noqa: PLC0415 - after signals are heard

    run()


__all__ = ["main"]
