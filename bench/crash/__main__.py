"""`python -m bench.crash`: what is uncertain after kill -9, and what a journal could have known."""

import statistics
import sys

import click
from rich.console import Console
from rich.table import Table

from bench.crash.killing import Kill, kills
from bench.machine import this_machine

DATABASES = ("postgresql", "sqlite")
PAUSES = (0.0, 0.005, 0.05)
"""Seconds that the relay takes for a message: one nearby, one that works, one that thinks."""


@click.command()
@click.option("--kills", "count", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--messages", type=click.IntRange(100), default=1500, show_default=True)
@click.option("--only", type=click.Choice(DATABASES), multiple=True, help="Not both databases.")
def crash(*, count: int, messages: int, only: tuple[str, ...]) -> None:
    """Kill a worker in the middle of a drain, again and again, and count what it left."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(str(this_machine()), highlight=False)
    table = Table("database", "relay takes", "uncertain", "of them answered", "sent twice")
    for database in only or DATABASES:
        for pause in PAUSES:
            found = list(kills(database=database, pause=pause, count=count, messages=messages))
            table.add_row(database, f"{pause * 1_000:g} ms", *_columns(found))
    console.print(table)


def _columns(found: list[Kill]) -> list[str]:
    """Say the median of each, and from what to what it went."""
    columns = (
        [each.uncertain for each in found],
        [each.answered for each in found],
        [each.duplicates for each in found],
    )
    return [f"{statistics.median(each):g} ({min(each)} to {max(each)})" for each in columns]


if __name__ == "__main__":
    crash()
