"""Letting mail gather where it comes faster than it is worth a claim of its own.

1. A claim of a hundred costs the database and the worker little more than one of
   five: under load, a third of all CPU goes into claims that are too small.
2. A lone message leaves at once. After a claim the next one of its route waits
   as long as that one was large, at `SECONDS_A_MESSAGE`: below some hundred
   messages a second that is less than they are apart, and nothing gathers.
3. What is known to wait already waits for nothing more, and neither does lane high.
"""

import threading
from collections.abc import Callable

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route

SECONDS_A_MESSAGE = 0.002
MOST_SECONDS = 0.1
"""A pause that nobody notices in mail, and a full claim at a thousand messages a second."""


class Gathering:
    """The pauses of one process, by route."""

    def __init__(self, monotonic: Callable[[], float], stopping: threading.Event) -> None:
        self._monotonic = monotonic
        self._stopping = stopping
        self._lock = threading.Lock()
        self._due: dict[Route, float] = {}

    def wait(self, route: Route) -> None:
        """Wait until the next claim of a route is worth its cost, or the process is to end."""
        with self._lock:
            left = self._due.get(route, 0.0) - self._monotonic()
        if left > 0:
            self._stopping.wait(left)

    def claimed(self, route: Route, count: int, *, more: bool) -> None:
        """Note a claim of so many messages; `more` were left behind for want of room."""
        if route.lane is Lane.HIGH:
            return
        pause = 0.0 if more else min(MOST_SECONDS, count * SECONDS_A_MESSAGE)
        with self._lock:
            self._due[route] = self._monotonic() + pause
