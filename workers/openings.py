import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SLOW_SECONDS = 10.0
"""A relay that answers at all has answered by then; RFC 5321 4.5.3.2 lets it take five minutes."""


class Openings:
    """The connections to one relay that are being opened now, and since when."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._since: dict[int, float] = {}
        self._next = 0

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note one for as long as the block runs."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._since[number] = self._monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._since[number]

    @property
    def slow(self) -> int:
        """How many have been going on for longer than a relay that is well would take."""
        latest = self._monotonic() - SLOW_SECONDS
        with self._lock:
            return sum(since <= latest for since in self._since.values())
