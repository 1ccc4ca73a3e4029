"""The folders that are written to: the state directory, and the one for temporary files."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject

_STATE: Final = "PILLARBOX_STATE_DIR"


def look(subject: Subject) -> Iterator[Finding]:
    """See that what must be written can be."""
    subject.expect(_STATE)
    settings = subject.settings
    needed = [
        word
        for word, url in (
            ("the database", settings.database_url),
            ("the broker", settings.redis_url),
        )
        if url is None
    ]
    yield _state(settings.state_dir.absolute(), needed)
    yield _temporary()


def _state(folder: Path, needed: list[str]) -> Finding:
    about = "state directory"
    if not needed:
        return well(f"{folder} is not needed: database and broker are elsewhere", about=about)
    holds = " and ".join(needed)
    if not folder.is_dir():
        advice = f"`pillarbox up` makes it; or set {_STATE}, or the URLs of database and broker"
        return fault(f"{folder} is not there, and would hold {holds}", advice, about=about)
    if problem := _refusal(folder):
        advice = f"Give it to this user, or set {_STATE} to a folder that can be written"
        return fault(f"{folder} cannot be written ({problem})", advice, about=about)
    if folder.stat().st_mode & 0o002:
        advice = f"chmod o-w {folder}: it holds keys and mail"
        return warning(f"{folder} can be written by anybody", advice, about=about)
    return well(f"{folder} can be written, and holds {holds}", about=about)


def _temporary() -> Finding:
    about = "temporary files"
    try:
        folder = Path(tempfile.gettempdir())
    except FileNotFoundError:
        advice = "Mount a tmpfs on /tmp, or set TMPDIR: the API keeps its metrics there"
        return fault("no folder for them can be written", advice, about=about)
    return well(f"{folder} can be written", about=about)


def _refusal(folder: Path) -> str:
    """Say why nothing can be written into a folder; empty if it can."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".pillarbox-doctor-", dir=folder)
    except OSError as error:
        return error.strerror or type(error).__name__
    os.close(descriptor)
    Path(name).unlink()
    return ""
