"""How many connections at once a relay is given: fewer when it says that it is too busy.

Additive increase, multiplicative decrease, as TCP finds what a path bears
(RFC 5681 3.1): half of what was in use, and one more after each quiet while.
"""

import threading
from collections.abc import Callable

HOLD_SECONDS = 1.0
"""What several connections hear in the same moment is one word, and counts once."""
QUIET_SECONDS = 10.0
"""Without a further word of load one more connection may be tried."""


class Pace:
    """One relay's concurrency in this process, from one connection to `most`."""

    def __init__(self, most: int, monotonic: Callable[[], float]) -> None:
        self._most = most
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._limit = most
        self._since = -QUIET_SECONDS

    @property
    def limit(self) -> int:
        """How many connections may be in use at once now."""
        with self._lock:
            if self._limit < self._most:
                steps = int((self._monotonic() - self._since) / QUIET_SECONDS)
                if steps > 0:
                    self._limit = min(self._most, self._limit + steps)
                    self._since += steps * QUIET_SECONDS
            return self._limit

    def slow_down(self, in_use: int) -> None:
        """Note that the relay is too busy for the connections in use."""
        now = self._monotonic()
        with self._lock:
            if self._limit < self._most and now - self._since < HOLD_SECONDS:
                return
            self._limit = max(1, min(self._limit, in_use) // 2)
            self._since = now

    def hold_at(self, in_use: int) -> None:
        """Note that the relay bears the connections in use, and no more."""
        with self._lock:
            self._limit = max(1, min(self._limit, in_use))
            self._since = self._monotonic()
