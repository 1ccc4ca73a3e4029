"""The processes that a deployment runs, each in place of this one, so that signals reach it."""

import os
import sys

import click

from pillarbox.cli.first_process import hold_signals_back, let_orphans_go
from pillarbox.cli.setting_errors import load_settings, told_in_one_line


def _become(module: str) -> None:
    let_orphans_go()
    load_settings()  # a wrong setting is told here, in one line, not by a traceback there
    sys.stdout.flush()
    hold_signals_back()
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606 - our own interpreter


@click.command()
def api() -> None:
    """Run the HTTP API."""
    _become("service")


@click.command()
def worker() -> None:
    """Run a worker, which carries messages to the relay."""
    _become("workers")


@click.command()
def scheduler() -> None:
    """Run the scheduler, which sweeps up what workers and wake-ups have missed."""
    _become("workers.scheduler")


@click.command()
def migrate() -> None:
    """Bring the database to the newest migration."""
    let_orphans_go()
    settings = load_settings()
    from pillarbox.bootstrap import migrate as run  # noqa: PLC0415 - SQLAlchemy loads only here

    with told_in_one_line():
        click.echo(f"the database is at migration {run(settings)}")


@click.command()
def sandbox() -> None:
    """Run the sandbox relay alone: an SMTP server that keeps mails as files."""
    let_orphans_go()
    settings = load_settings()
    from pillarbox.cli.up.sandbox import run_sandbox  # noqa: PLC0415 - cryptography loads here

    run_sandbox(settings)
