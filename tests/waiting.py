"""Waiting for something to be true, never for time to pass."""

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.01
"""Seconds between two looks: short beside any server's start, long beside a look."""

PATIENCE = 3.0 if os.environ.get("CI") else 1.0
"""By how much longer everything is waited for: CI's machine may be a slow one, and has time."""


class NeverHappenedError(AssertionError):
    """The predicate was still false when the time was over."""

    def __init__(self, what: str, timeout: float) -> None:
        super().__init__(f"not within {timeout} s: {what}")
        self.what = what
        self.timeout = timeout


def wait_until(predicate: Callable[[], T], timeout: float = 10.0, what: str = "") -> T:
    """Return the predicate's first true value; `NeverHappenedError` after `timeout` seconds.

    In CI that is after three times as many. What the predicate raises passes
    through: one that may fail for a while says so itself.
    """
    pause = threading.Event()
    timeout *= PATIENCE
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise NeverHappenedError(what or getattr(predicate, "__qualname__", "?"), timeout)
        pause.wait(PAUSE)
