"""`python -m tests.chaos`, as `make chaos` runs it."""

import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import click

from pillarbox.observe.logging import configure_logging
from tests.chaos.run import Order, run


@click.command()
@click.option("--seconds", type=click.FloatRange(1, 86_400), default=600.0, show_default=True)
@click.option("--rate", type=click.FloatRange(0.1, 1000), default=20.0, show_default=True)
@click.option("--seed", type=int, help="Of an earlier run, to repeat its kills and mails.")
@click.option(
    "--database",
    type=click.Choice(["postgresql", "sqlite"]),
    default="postgresql",
    show_default=True,
)
@click.option("--keep", is_flag=True, help="Keep the folder with the logs, whatever comes out.")
def chaos(*, seconds: float, rate: float, seed: int | None, database: str, keep: bool) -> None:
    """Send mail at a steady rate (a second) while everything is killed; then count."""
    configure_logging(level="warning")  # a line for each mail of the relay would hide the kills
    order = Order(
        seconds=seconds,
        rate=rate,
        seed=secrets.randbelow(1_000_000) if seed is None else seed,
        has_postgresql=database == "postgresql",
    )
    folder = Path(tempfile.mkdtemp(prefix="pillarbox-chaos-"))
    folder.chmod(0o755)
    verdict = run(order, folder, click.echo)
    if verdict.faults or keep:
        click.echo(f"logs: {folder}")
    else:
        shutil.rmtree(folder)
    sys.exit(bool(verdict.faults))


if __name__ == "__main__":
    chaos()
