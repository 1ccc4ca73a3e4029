"""The settings themselves: what stops a start, and what is set and means nothing."""

import difflib
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.setting_field import variable
from pillarbox.settings import PREFIX, Settings

_LIKENESS: Final = 0.6
"""From here on a setting is suggested; nothing depends on it."""


def look(subject: Subject) -> Iterator[Finding]:
    """Name every setting that cannot be used, and every variable that is none."""
    for wrong in subject.survey.faults:
        yield fault(wrong.problem, "No process starts with it", about=wrong.name)
    for name in subject.survey.unknown:
        near = _nearest(name)
        advice = f"Did you mean {near}? Else remove it" if near else "Remove it"
        yield warning("there is no such setting, and it is ignored", advice, about=name)
    if not subject.survey.faults:
        given = ", ".join(sorted(map(variable, subject.survey.given))) or "none"
        yield well(f"all of {len(fields(Settings))} can be used; set: {given}")


def _nearest(name: str) -> str:
    """Return the setting's variable that may have been meant; empty if none is like this one."""
    known = [each.name.upper() for each in fields(Settings)]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1, cutoff=_LIKENESS)
    return PREFIX + near[0] if near else ""
