"""A server as a child of the tests: started, awaited, ended by its pid."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from tests.waiting import wait_until

START_TIMEOUT = 60.0
"""Seconds until a server answers: a loaded two-core machine, not a guess of its speed."""

STOP_TIMEOUT = 20.0
"""Seconds until it has gone after its signal; then SIGKILL."""


class ServerDiedError(RuntimeError):
    """The server ended before it answered; carries what it said."""

    def __init__(self, command: Sequence[str], returncode: int, output: str) -> None:
        super().__init__(f"{command[0]} ended with {returncode}:\n{output}")
        self.command = command
        self.returncode = returncode
        self.output = output


class ServerProcess:
    """One process that answers when it is made, and runs until it is stopped.

    Its output goes to `log`; `environment` is ours unless given; `user` is whose
    rights it has (root may not run every server); `stop_signal` ends it in its
    own time.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        answers: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._command = list(command)
        self._log = log
        self._stop_signal = stop_signal
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=log.parent,
                env=environment,
                user=user,
                group=user,
                extra_groups=() if user else None,
                start_new_session=True,  # a Ctrl-C at the tests is not a signal to the server
            )
        try:
            wait_until(lambda: self._answered(answers), START_TIMEOUT, f"{command[0]} answers")
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it in its own time, or by force; nothing to do if it has ended."""
        if self.is_running:
            self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait(self, timeout: float) -> int:
        """Wait until it has ended by itself, and return its exit status."""
        return self._process.wait(timeout)

    def kill(self) -> None:
        """End it at once, as a crash would, and wait for its children to follow."""
        children = descendants(self.pid)
        self._process.kill()
        self._process.wait(STOP_TIMEOUT)
        wait_until(lambda: not any(map(is_alive, children)), STOP_TIMEOUT, "its children end")

    def _answered(self, answers: Callable[[], bool]) -> bool:
        returncode = self._process.poll()
        if returncode is not None:
            said = self._log.read_text(errors="replace")
            raise ServerDiedError(self._command, returncode, said)
        return answers()


def descendants(pid: int) -> list[psutil.Process]:
    """Return the processes under this one; none if it has gone."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs: a zombie that nobody has waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_line(process: psutil.Process) -> list[str]:
    """Return what it was started with; nothing if it has gone."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def has_members(group: int) -> bool:
    """Whether a process of this process group is alive."""
    return any(is_alive(process) for process in psutil.process_iter() if _group(process) == group)


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return None
