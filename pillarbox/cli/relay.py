import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import click

from pillarbox.cli.setting_errors import load_settings

_NOTHING_WALKED = 2


@click.group()
def relay() -> None:
    """Look at the relays themselves."""


@relay.command("check")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(name: str | None, *, as_json: bool) -> None:
    """Walk a session with a relay, or with each, without sending mail.

    Shows each step with its reply and time up to one that fails, the certificate,
    and what the relay offers; waits as long as a worker would. The exit status is 1
    if a step fails. Secrets are never shown.
    """
    load_settings()  # a wrong setting is told here, in one line
    command = [sys.executable, "-m", "workers.relay_check", *([name] if name else [])]
    walked = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our module
    if walked.returncode >= _NOTHING_WALKED or not walked.stdout:
        raise click.exceptions.Exit(walked.returncode or 1)
    if as_json:
        click.echo(walked.stdout.decode().rstrip())
    else:
        for each in json.loads(walked.stdout)["relays"]:
            show(each)
    raise click.exceptions.Exit(walked.returncode)


def show(found: Mapping[str, Any]) -> None:
    """Print one relay's walk."""
    from rich.console import Console  # noqa: PLC0415 - loads only for a table
    from rich.markup import escape  # noqa: PLC0415 - loads only for a table
    from rich.table import Table  # noqa: PLC0415 - loads only for a table

    console = Console(highlight=False)
    verdict = "[green]well[/]" if found["ok"] else "[red]not well[/]"
    place = escape(f"{found['name']} ({found['tls']}://{found['host']})")
    console.print(f"[bold]{place}[/]: {verdict}")
    table = Table("step", "", "ms", "reply")
    table.columns[2].justify = "right"
    for step in found["steps"]:
        took = step.get("milliseconds")
        table.add_row(
            step["name"],
            "[green]ok[/]" if step["ok"] else "[red]failed[/]",
            "" if took is None else f"{took:.1f}",
            escape(" ".join(each for each in (step.get("reply"), step.get("detail")) if each)),
        )
    console.print(table)
    for line in _facts(found):
        console.print(escape(line), soft_wrap=True)


def _facts(found: Mapping[str, Any]) -> list[str]:
    lines = []
    if found.get("tls_version"):
        lines.append(f"TLS:          {found['tls_version']}, {found['tls_cipher']}")
    if certificate := found.get("certificate"):
        lines += [
            f"certificate:  {certificate['subject']}",
            f"  issuer:     {certificate['issuer']}",
            f"  names:      {', '.join(certificate['names']) or '(none)'}",
            f"  valid:      {certificate['not_before']} to {certificate['not_after']}",
        ]
    if refused := found.get("refused"):
        if not certificate:
            lines.append("certificate:  (not shown a second time)")
        lines.append(f"  refused:    {refused}")
    if capabilities := found.get("capabilities"):
        offered = [" ".join([keyword, *words]) for keyword, words in capabilities.items()]
        lines.append(f"capabilities: {', '.join(offered)}")
    return lines
