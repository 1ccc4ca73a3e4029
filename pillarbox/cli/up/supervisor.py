"""The processes of `pillarbox up`, in the order in which they start, and end."""

import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType

import click

from pillarbox.cli.up.child import Child

WATCH_SECONDS = 0.2
"""Between two looks at the processes."""


class Supervisor:
    """Keeps children running until it is told to stop; then ends them, the first started last."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._children: list[Child] = []
        self._stopping = threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether a signal has asked for the end."""
        return self._stopping.is_set()

    def heed_signals(self) -> None:
        """Let SIGINT and SIGTERM ask for the end; a second one changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def start(self, child: Child) -> None:
        """Start a child and keep it."""
        child.start()
        self._children.append(child)

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float) -> bool:
        """Wait for something to become true; False if told to stop first.

        Raises `click.ClickException` if a child ends meanwhile, or it takes too long.
        """
        for _ in range(int(seconds / WATCH_SECONDS)):
            if self.stopping:
                return False
            if ready():
                return True
            for child in self._children:
                if (status := child.ended()) is not None:
                    raise click.ClickException(
                        f"{child.name} ended with status {status} while it started; it said:\n"
                        f"{child.last_words()}"
                    )
            self._stopping.wait(WATCH_SECONDS)
        raise click.ClickException(f"{what} is not ready after {seconds:g} s; see {self.logs()}")

    def logs(self) -> str:
        """Name the folder of the logs."""
        return str(self._children[0].log.parent) if self._children else "the log"

    def watch(self) -> None:
        """Start again what ends, until told to stop."""
        while not self._stopping.wait(WATCH_SECONDS):
            for child in self._children:
                if (status := child.keep()) is not None:
                    self._tell(f"{child.name} ended with status {status}; it is started again")

    def end(self, *together: Sequence[str]) -> None:
        """End the children, one set of names after the other, each in its grace."""
        for names in together:
            chosen = [child for child in self._children if child.name in names]
            for child in chosen:
                child.tell_to_end()
            for child in chosen:
                child.wait_for_end()
