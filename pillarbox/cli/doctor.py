"""`pillarbox doctor`: a person's first question when something is wrong, and a machine's."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import click

from pillarbox.doctor.finding import Finding, Level
from pillarbox.settings_survey import survey

_COLOURS: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.FAULT: "red"}
_WIDTH: Final = 14
"""Of the longest check's name."""


@click.command()
@click.argument("names", nargs=-1, metavar="[CHECK]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(names: Sequence[str], *, as_json: bool) -> None:
    """Look at everything an installation stands on, and say what to do.

    Settings, folders, limits, DNS, database, migrations, broker, clocks, keys,
    relays (one login each, no mail), workers, scheduler and backlog; or only
    the CHECKs that are named, with what they need. Each has its own deadline.
    The exit status is 1 if there is a fault, and 0 with warnings alone.
    """
    from pillarbox.doctor.checks import NAMES, checks  # noqa: PLC0415 - loads SQLAlchemy
    from pillarbox.doctor.examination import chosen, examine  # noqa: PLC0415 - loads with the checks
    from pillarbox.doctor.secrecy import Secrecy  # noqa: PLC0415 - only a run needs it
    from pillarbox.doctor.subject import Subject  # noqa: PLC0415 - loads every setting

    if unknown := [name for name in names if name not in NAMES]:
        raise click.UsageError(f"there is no check {unknown[0]}; there are: {', '.join(NAMES)}")
    subject = Subject(survey(os.environ), os.environ)
    known = checks(subject)
    there = {check.name for check in known}
    found = []
    wanted = chosen(known, [name for name in names if name in there]) if names else known
    for finding in examine(wanted, Secrecy(subject.settings)):
        found.append(finding)
        if not as_json:
            _show(finding)
    counts = Counter(finding.level for finding in found)
    if as_json:
        document = {"ok": not counts[Level.FAULT], "findings": [asdict(each) for each in found]}
        click.echo(json.dumps(document))
    else:
        click.echo(", ".join(f"{counts[level]} {level.value}" for level in Level))
    raise click.exceptions.Exit(1 if counts[Level.FAULT] else 0)


def _show(finding: Finding) -> None:
    mark = click.style(f"{finding.level.value:7}", fg=_COLOURS[finding.level])
    click.echo(f"{mark} {finding.check:{_WIDTH}} {finding.line}")
