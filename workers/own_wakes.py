"""Waking oneself while the broker does not: due mail is in the store, whoever says so.

1. Only while what this process says to the broker is not taken (killed, hung, or
   without room), or while it does not hear itself there. Else the scheduler's
   sweeps and all wake-ups come by the broker.
2. Then this process sweeps itself, and every wake-up that it cannot publish or
   would not hear, the sweep's and its own, is carried by a thread of ours: Celery's
   are fed by the broker alone.
3. Places and budgets are those of any wake-up: a route that is carried already, or
   whose connections others have, is not carried more.
"""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

import structlog

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route

LOOK_SECONDS = 2.0
"""Between two sweeps of one's own: each process of an installation makes them."""

log = structlog.stdlib.get_logger(__name__)


def _nobody(_route: Route) -> None:
    """Carry nothing."""


def _to_nobody(_alone: bool) -> None:  # noqa: FBT001 - what a look found, and nothing else
    """Keep it to oneself."""


class OwnWakes:
    """One process's, for its lanes: `wake` stands in for the broker, a thread for the scheduler.

    Nothing is done before `start`, and nothing once it is closed.
    """

    def __init__(
        self,
        away: Callable[[], bool],
        threads: int,
        lanes: Collection[Lane] = tuple(Lane),
        note: Callable[[bool], None] = _to_nobody,
    ) -> None:
        """`note` hears at each look whether this process is alone."""
        self._away = away
        self._note = note
        self._lanes = lanes
        self._threads = threads
        self._carry: Callable[[Route], None] = _nobody
        self._carriers: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._waiting: set[Route] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.alone = False
        """Whether it looks for its mail itself."""

    def start(self, *, sweep: Callable[[], None], carry: Callable[[Route], None]) -> None:
        """Start the thread that looks: with `sweep`, which wakes for what is due to `carry`."""
        self._carry = carry
        self._carriers = ThreadPoolExecutor(self._threads, thread_name_prefix="own-wakes")
        self._thread = threading.Thread(
            target=self._run, args=(sweep,), name="own-sweeps", daemon=True
        )
        self._thread.start()

    def wake(self, route: Route) -> None:
        """Have what is due on a route carried; returns at once."""
        with self._lock:
            if self._carriers is None or route in self._waiting or route.lane not in self._lanes:
                return
            self._waiting.add(route)
            self._carriers.submit(self._carry_waiting, route)

    def close(self) -> None:
        """End the threads; what they carry must have been told to end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            carriers, self._carriers = self._carriers, None
        if carriers is not None:
            carriers.shutdown(cancel_futures=True)

    def _run(self, sweep: Callable[[], None]) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self._look(sweep)

    def _look(self, sweep: Callable[[], None]) -> None:
        away = self._away()
        if away and not self.alone:
            log.warning("looking_for_mail_alone")
        elif self.alone and not away:
            log.info("looking_for_mail_no_more")
        self.alone = away
        self._note(away)
        if away:
            sweep()

    def _carry_waiting(self, route: Route) -> None:
        with self._lock:
            self._waiting.discard(route)  # before it is carried: what comes now is news
        self._carry(route)
