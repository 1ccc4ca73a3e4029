"""What this process may open, against what the processes with these settings open."""

import resource
from collections.abc import Iterator
from typing import Final

from pillarbox.doctor.finding import Finding, fault, warning, well
from pillarbox.doctor.subject import Subject
from pillarbox.settings import SettingError, Settings

SPARE: Final = 64
"""Files, logs, the broker's connections, what libraries open."""
HELD: Final = 1000
"""Connections of callers that an API process may keep open between requests (gunicorn)."""


def look(subject: Subject) -> Iterator[Finding]:
    """Compare the limit of open files with connections to callers, relays and database."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield judged(soft, api=of_api(subject.settings), worker=of_worker(subject.settings))


def of_api(settings: Settings) -> int:
    """Return what an API process may have open."""
    return _database(settings) + settings.api_threads + SPARE


def of_worker(settings: Settings) -> int:
    """Return what a worker may have open: all connections of the relays may be its own."""
    try:
        relays = settings.relays(None).relays.values()
    except SettingError:
        relays = {}.values()
    return _database(settings) + sum(relay.max_connections for relay in relays) + SPARE


def judged(soft: int, *, api: int, worker: int) -> Finding:
    """Judge the limit."""
    advice = "Raise it: ulimit -n, or LimitNOFILE= in the unit"
    if soft < 0:  # RLIM_INFINITY
        return well("open files are not limited")
    seen = f"{soft} files may be open; an API process needs {api}, a worker {worker}"
    if soft < max(api, worker):
        return fault(seen, advice)
    if soft < api + HELD:
        return warning(f"{seen}, and callers that keep connections up to {HELD} more", advice)
    return well(seen)


def _database(settings: Settings) -> int:
    return max(settings.api_threads, settings.worker_threads) + 4
