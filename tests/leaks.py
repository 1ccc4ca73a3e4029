"""What a test has opened in the tests' own process, and must have closed when it ends."""

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from tests.waiting import NeverHappenedError, wait_until

T = TypeVar("T")


class LastingServer(Protocol):
    """A server of the whole run; its process may change."""

    @property
    def pid(self) -> int:
        """The process that it is now."""


PATIENCE = 5.0
"""Seconds for a thread that was told to end, or a peer's close that is still on its way."""

TASKS = Path("/proc/self/task")
"""Each has its `children`; Linux only too."""

LASTING: list["LastingServer"] = []
"""What was started for the whole run, perhaps within a test, which then does not leave it."""

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
    """Raise `LeakError` if something of the block outlives it by `PATIENCE` seconds.

    A thread, a socket, or a process that is our child.
    """
    threads, sockets, processes = running_threads(), open_sockets(), child_processes()
    yield
    _gone("threads", lambda: running_threads() - threads)
    _gone("sockets", lambda: open_sockets() - sockets)
    _gone("processes", lambda: child_processes() - processes)


@contextmanager
def lasting(server: LastingServer) -> Iterator[None]:
    """Let a server outlive the test that has started it, since a wider fixture ends it."""
    LASTING.append(server)
    yield
    LASTING.remove(server)


def running_threads() -> set[threading.Thread]:
    """Return the threads of this process."""
    return {thread for thread in threading.enumerate() if thread.is_alive()}


def child_processes() -> set[str]:
    """Return our children by id and name, zombies too, but for what lasts for the whole run."""
    lasting = {server.pid for server in LASTING}
    found = set()
    for children in TASKS.glob("*/children"):
        try:
            pids = children.read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread has ended meanwhile
        found |= {f"{pid} {_command(pid)}" for pid in pids if int(pid) not in lasting}
    return found


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip() or "zombie"
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


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
        inodes = {str(each).partition("[")[2].rstrip("]") for each in left()}
        details = _socket_details(inodes) if kind == "sockets" else ""
        raise LeakError(kind, [*sorted(map(str, left())), *details.splitlines()]) from None


def _socket_details(inodes: set[str]) -> str:
    """Show the ends of our TCP sockets by inode, to find who opened them."""
    tables = [Path(f"/proc/{os.getpid()}/net/{name}") for name in ("tcp", "tcp6")]
    lines = [line for table in tables if table.exists() for line in table.read_text().splitlines()]
    return "\n".join(line for line in lines if inodes.intersection(line.split()))
