"""`python -m bench.scale`, as `make bench-scale` runs it."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench.machine import this_machine
from bench.scale.filling import fill
from bench.scale.measuring import Times, measure
from bench.scale.picture import draw
from bench.servers import Database
from pillarbox.store.migration import migrate
from tests.servers.folder import ServerFolder

SIZES = (1_000, 10_000, 100_000, 1_000_000, 2_000_000)
DATABASES = ("postgresql", "sqlite")

Results = dict[str, dict[int, Times]]
"""By database and size."""


@click.command()
@click.option("--messages", type=click.IntRange(1000), default=SIZES[-1], show_default=True)
@click.option("--only", type=click.Choice(DATABASES), multiple=True, help="Not both databases.")
@click.option("--picture", type=click.Path(path_type=Path), help="Draw it into this PNG file.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write everything to this file."
)
def scale(
    *, messages: int, only: tuple[str, ...], picture: Path | None, json_file: Path | None
) -> None:
    """Measure what the store's operations cost with a thousand messages, and with millions."""
    sizes = [size for size in SIZES if size < messages] + [messages]
    results: Results = {}
    for database in only or DATABASES:
        with _empty(database) as url:
            results[database] = dict(_grow(url, database, sizes))
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(str(this_machine()), highlight=False)
    for database, by_size in results.items():
        console.print(_table(database, by_size))
    if picture:
        draw(results, picture)
    if json_file:
        json_file.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def _grow(url: str, database: str, sizes: list[int]) -> Iterator[tuple[int, Times]]:
    filled = 0
    for size in sizes:
        click.echo(f"{database}: {size} messages", err=True)
        fill(url, range(filled, size))
        filled = size
        yield size, measure(url, size)


@contextmanager
def _empty(database: str) -> Iterator[str]:
    """Make a database with its tables and nothing in them."""
    if database == "postgresql":
        with closing(Database()) as server:
            url = server.database()
            migrate(url)
            yield url
        return
    folder = ServerFolder("bench-scale")
    try:
        url = f"sqlite:///{folder.path / 'pillarbox.sqlite3'}"
        migrate(url)
        yield url
    finally:
        folder.remove()


def _table(database: str, by_size: dict[int, Times]) -> Table:
    sizes = list(by_size)
    table = Table(title=f"{database}: milliseconds, medians", title_justify="left")
    table.add_column("messages in the store")
    for size in sizes:
        table.add_column(f"{size:,}", justify="right")
    table.add_column("last ÷ first", justify="right")
    for name in by_size[sizes[0]]:
        times = [by_size[size][name] for size in sizes]
        table.add_row(name, *(f"{each:.2f}" for each in times), f"{times[-1] / times[0]:.2f}")
    return table


if __name__ == "__main__":
    scale()
