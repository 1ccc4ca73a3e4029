"""Threads that go on until they are told to end."""

import threading
from collections.abc import Iterable


class Crew:
    """Work from `start` to `finish`; `_ending` tells it to whoever works."""

    def __init__(self, threads: Iterable[threading.Thread]) -> None:
        self._ending = threading.Event()
        self._threads = [*threads]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Tell all to end, and wait until each has."""
        self._ending.set()
        for thread in self._threads:
            thread.join()
