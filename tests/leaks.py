"""What a test has opened in the tests' own process, and must have closed when it ends."""

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.waiting import NeverHappenedError, wait_until

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds for a thread that was told to end, or a peer's close that is still on its way."""

OPEN_FILES = Path("/proc/self/fd")
"""Linux only: elsewhere nothing is found, and nothing is claimed."""


class LeakError(AssertionError):
    """The test has ended, and what it opened is still open."""

    def __init__(self, kind: str, left: list[str]) -> None:
        super().__init__(f"the test left {kind} open: {', '.join(left)}")
        self.kind = kind
        self.left = left


@contextmanager
def nothing_left() -> Iterator[None]:
    """Raise `LeakError` if a thread or a socket of the block outlives it by `PATIENCE` seconds."""
    threads, sockets = running_threads(), open_sockets()
    yield
    _gone("threads", lambda: running_threads() - threads)
    _gone("sockets", lambda: open_sockets() - sockets)


def running_threads() -> set[threading.Thread]:
    """Return the threads of this process."""
    return {thread for thread in threading.enumerate() if thread.is_alive()}


def open_sockets() -> set[str]:
    """Return the sockets of this process by descriptor and inode: `17 socket:[4711]`."""
    found = set()
    for entry in OPEN_FILES.iterdir() if OPEN_FILES.is_dir() else ():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue  # the descriptor that read the directory itself
        if target.startswith("socket:"):
            found.add(f"{entry.name} {target}")
    return found


def _gone(kind: str, left: Callable[[], set[T]]) -> None:
    if not left():
        return
    gc.collect()  # a cycle of dropped objects is not a leak; ResourceWarning has its say
    try:
        wait_until(lambda: not left(), PATIENCE)
    except NeverHappenedError:
        details = _socket_details() if kind == "sockets" else ""
        raise LeakError(kind, [*sorted(map(str, left())), *details.splitlines()]) from None


def _socket_details() -> str:
    """Name the ends of our TCP sockets, to find who opened them."""
    tables = [Path(f"/proc/{os.getpid()}/net/{name}") for name in ("tcp", "tcp6")]
    return "\n".join(table.read_text() for table in tables if table.exists())
