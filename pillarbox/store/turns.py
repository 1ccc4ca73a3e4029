"""Taking turns at writing to SQLite: the threads of a process, and the processes of a machine.

SQLite's own lock is polled with pauses that grow, and who has just had it finds
it free again: one process writes on while another waits for most of a second.

1. Whoever is next in line holds one lock, whoever writes holds another: who has
   just written cannot overtake who is next.
2. Both are flock(2), which the kernel gives back when their holder dies. It
   waits without an end, so a thread of its own waits, and whoever wants the
   turn waits for that thread, with an end.
3. To flock(2) all threads of a process are one: what one of them holds, another
   takes at once and lets go. So while that thread still waits for somebody who
   gave up, nobody else touches the locks: who comes then has it wait once more.
4. They only order who asks SQLite; its own lock is what keeps the data whole.
   So a program that knows nothing of this may write too.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from pillarbox.domain.errors import StoreUnavailableError


class Turns:
    """The turns at one database file; without one (a database in memory) threads alone take them.

    Nothing is opened before the first turn, so that a process may fork before it.
    """

    def __init__(self, database: Path | None, *, patience: float) -> None:
        self._database = database
        self._patience = patience
        self._threads = threading.Lock()
        self._line: _Line | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn while the block runs; `StoreUnavailableError` if it does not come."""
        deadline = time.monotonic() + self._patience
        if not self._threads.acquire(timeout=self._patience):
            raise StoreUnavailableError("other threads are writing")
        try:
            line = self._opened()
            if line is None:
                yield
                return
            line.take(deadline)
            try:
                yield
            finally:
                line.leave()
        finally:
            self._threads.release()

    def close(self) -> None:
        """Close what was opened; the next turn opens it again."""
        with self._threads:
            if self._line is not None:
                self._line.close()
            self._line = None

    def _opened(self) -> "_Line | None":
        if self._line is None and self._database is not None:
            try:
                self._line = _Line(self._database)
            except OSError as error:
                raise StoreUnavailableError(str(error)) from error
        return self._line


class _Wish:
    """Somebody's wish for the turn; given up, it is fulfilled for nobody."""

    def __init__(self) -> None:
        self._decided = threading.Lock()
        self._fulfilled = threading.Event()
        self.is_given_up = False
        self.is_over = False
        """Whether nobody touches the locks on its behalf any more."""

    def fulfil(self) -> bool:
        """Give the turn to whoever waits; False if nobody does any more."""
        with self._decided:
            self._fulfilled.set()
            return not self.is_given_up

    def wait(self, seconds: float) -> bool:
        """Wait for the turn, or give it up."""
        if self._fulfilled.wait(max(seconds, 0.0)):
            return True
        with self._decided:
            self.is_given_up = not self._fulfilled.is_set()
            return not self.is_given_up


class _Line:
    """The two locks of one database; used by one thread of the process at a time."""

    def __init__(self, database: Path) -> None:
        # Not the database file itself: closing it would give SQLite's locks back (fcntl(2)).
        self._next = _open(database, "-next")
        self._turn = _open(database, "-turn")
        self._wishes: SimpleQueue[_Wish | None] = SimpleQueue()
        self._last: _Wish | None = None
        self._waiter: threading.Thread | None = None

    def take(self, deadline: float) -> None:
        """Wait for the turn until `deadline` on the monotonic clock."""
        if (self._last is None or self._last.is_over) and self._is_free():
            return
        if self._waiter is None:
            self._waiter = threading.Thread(target=self._wait, name="turns", daemon=True)
            self._waiter.start()
        self._last = wish = _Wish()
        self._wishes.put(wish)
        if not wish.wait(deadline - time.monotonic()):
            raise StoreUnavailableError("another process is writing")

    def leave(self) -> None:
        """Give the turn to who is next."""
        fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the locks, when the thread that waits for them does so no more."""
        if self._waiter is None:
            self._close()
        else:
            self._wishes.put(None)

    def _is_free(self) -> bool:
        """Take the turn if nobody has it and nobody is next."""
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        return True

    def _wait(self) -> None:
        while (wish := self._wishes.get()) is not None:
            if not wish.is_given_up:
                fcntl.flock(self._next, fcntl.LOCK_EX)
                fcntl.flock(self._turn, fcntl.LOCK_EX)
                fcntl.flock(self._next, fcntl.LOCK_UN)
                if not wish.fulfil():
                    self.leave()
            wish.is_over = True
        self._close()

    def _close(self) -> None:
        os.close(self._next)
        os.close(self._turn)


def _open(database: Path, suffix: str) -> int:
    path = database.with_name(database.name + suffix)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
