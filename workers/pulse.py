"""Whether this process hears what is published to it, proved by hearing itself.

1. A worker whose consumer has died goes on living: its pid, its threads and its
   own connections say nothing (celery #8030, #10205). So it publishes a pulse to
   a queue that it alone consumes, and a task of its own must feel it.
2. A broker that is away is no fault of this process, and starting it again would
   not help: while nothing can be published, nothing is concluded.
3. A pulse may be lost with the broker's memory; several in a row are not.
"""

import contextlib
import threading
from collections.abc import Callable
from typing import Protocol

from pillarbox.queue.broker import BrokerAwayError

PULSE_SECONDS = 10.0
"""Between two pulses; each costs what a task costs, 2 ms."""
PATIENCE_SECONDS = 60.0
"""From the first pulse that was not felt to the verdict: six of them, and any reconnection."""

DEAF_SECONDS = 25.0
"""The same until a worker looks for its mail itself: two pulses, and a busy machine."""


class PulseBroker(Protocol):
    """What is needed of the broker; `pillarbox.queue.broker.Broker` has it."""

    def publish_pulse(self, queue: str, *, seconds: float) -> None:
        """Put a pulse into a queue that is forgotten after so many seconds."""

    def forget_pulses(self, queue: str) -> None:
        """Remove the queue."""


class Pulse:
    """One process's pulse: `beat` is called now and then, `feel` by its task."""

    def __init__(self, broker: PulseBroker, queue: str, monotonic: Callable[[], float]) -> None:
        self._broker = broker
        self._queue = queue
        self._monotonic = monotonic
        self._unfelt_since: float | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def beat(self) -> None:
        """Publish one."""
        asked = self._monotonic()
        if self._unfelt_since is None:
            self._unfelt_since = asked
        try:
            self._broker.publish_pulse(self._queue, seconds=PATIENCE_SECONDS)
        except BrokerAwayError:
            self._unfelt_since = None

    def feel(self) -> None:
        """Note that one has come."""
        self._unfelt_since = None

    def is_felt(self) -> bool:
        """Whether nothing speaks against this process consuming."""
        return self._silence() < PATIENCE_SECONDS

    def is_deaf(self) -> bool:
        """Whether so much speaks against it that mail should not wait for the verdict."""
        return self._silence() >= DEAF_SECONDS

    def _silence(self) -> float:
        since = self._unfelt_since
        return 0.0 if since is None else self._monotonic() - since

    def start(self) -> None:
        """Start the thread that beats."""
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and leave nothing: a consumer's end puts back what it had fetched."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with contextlib.suppress(BrokerAwayError):
            self._broker.forget_pulses(self._queue)

    def _run(self) -> None:
        while not self._stop.wait(PULSE_SECONDS):
            self.beat()
