"""`python -m bench`, as `make bench` runs it."""

import dataclasses
import json
import signal
import sys
from pathlib import Path

import click
from rich.console import Console

from bench import table
from bench.errors import BenchError
from bench.plan import SMOKE, Plan
from bench.scenarios import SCENARIOS, run
from tests.servers.presence import find
from tests.servers.process import ServerDiedError

NEEDED = ("smtp-sink", "smtp-source", "redis-server", "postfix")


@click.command()
@click.option("--messages", type=click.IntRange(1, 1_000_000), help="In each row.")
@click.option("--rounds", type=click.IntRange(1, 100), help="Of all systems in turn.")
@click.option("--connections", type=click.IntRange(1, 500), help="That post at one time.")
@click.option("--lone", type=click.IntRange(1, 10_000), help="Lone messages for the latency.")
@click.option("--only", type=click.Choice(SCENARIOS), multiple=True, help="Not everything.")
@click.option("--smoke", is_flag=True, help="Tiny counts: proves that it runs, measures nothing.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write everything to this file."
)
def bench(
    *,
    messages: int | None,
    rounds: int | None,
    connections: int | None,
    lone: int | None,
    only: tuple[str, ...],
    smoke: bool,
    json_file: Path | None,
) -> None:
    """Measure throughput and latency beside the usual way, in one run.

    Nothing else should run on this machine meanwhile. Everything that is
    started is ended, also on Ctrl-C.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if missing := [program for program in NEEDED if find(program) is None]:
        raise click.ClickException(f"missing here: {', '.join(missing)} (tools/install_servers.sh)")
    wanted = {
        "messages": messages,
        "rounds": rounds,
        "connections": connections,
        "lone": lone,
    }
    plan = dataclasses.replace(
        SMOKE if smoke else Plan(),
        **{name: value for name, value in wanted.items() if value is not None},
    )
    try:
        result = run(plan, only or SCENARIOS, lambda line: click.echo(line, err=True))
    except BenchError as error:
        raise click.ClickException("\n".join(filter(None, (error.log, str(error))))) from None
    except ServerDiedError as error:
        raise click.ClickException(str(error)) from None
    table.show(result, Console(width=None if sys.stdout.isatty() else 140))
    if json_file:
        json_file.write_text(json.dumps(result.document(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    bench()
