"""One process of `pillarbox up`: started, watched, started again, ended."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
"""Between two starts of a process that keeps ending."""
STEADY_SECONDS = 30.0
"""A process that ran so long has started well; its pauses begin anew."""
MAX_LOG_OCTETS = 10 << 20
"""A log larger than this is put aside, as `.1`, when its process starts."""

_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Ask Linux for a SIGTERM should the parent be killed, so that nothing is left running."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _forget_nothing(_pid: int) -> None:
    """Leave everything as it is."""


@dataclass(slots=True)
class Child:
    """A command with its log, in a process group of its own, so that Ctrl-C is only its parent's.

    `grace` is how many seconds it may take to end after SIGTERM; `forget` is called
    with the id of a process that has ended of itself.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    grace: float
    forget: Callable[[int], None] = _forget_nothing
    _process: subprocess.Popen[bytes] | None = None
    _started_at: float = 0.0
    _pause: float = field(default=FIRST_PAUSE_SECONDS)
    _start_again_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process."""
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_OCTETS:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
            )
        self._started_at = time.monotonic()
        self._start_again_at = None

    def ended(self) -> int | None:
        """Tell the exit status once the process has ended of itself, else None."""
        return self._process.poll() if self._process else None

    def keep(self) -> int | None:
        """Start the process again if it has ended, after a pause; tell a new end's status once."""
        now = time.monotonic()
        if self._start_again_at is not None:
            if now >= self._start_again_at:
                self.start()
            return None
        status = self.ended()
        if status is None:
            return None
        if self.pid is not None:
            self.forget(self.pid)
        steady = now - self._started_at > STEADY_SECONDS
        self._pause = FIRST_PAUSE_SECONDS if steady else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._start_again_at = now + self._pause
        return status

    def tell_to_end(self) -> None:
        """Send SIGTERM."""
        self._start_again_at = None
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait_for_end(self) -> None:
        """Wait for the end within the grace, then kill the whole group."""
        if self._process is None:
            return
        try:
            self._process.wait(self.grace)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def last_words(self, lines: int = 15) -> str:
        """Return the end of its log."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - 8192))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
