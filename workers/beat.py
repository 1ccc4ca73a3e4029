"""Celery beat with one entry, the sweep; its schedule is in memory, for there is no other.

1. A sweep that is not published is no harm: the next one is a second away.
2. What nobody fetches does not pile up: while sweeps wait, none is added.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog
from celery import Celery
from celery.beat import ScheduleEntry, Scheduler, Service

from pillarbox.queue.broker import BrokerAwayError
from pillarbox.queue.names import TaskName

MAX_WAITING = 2
"""Sweeps in the queue: one that is about to begin, and one behind it."""

EXPIRES_SECONDS = 60.0
"""Longer than two machines' clocks are apart: the time of its end is written by one of them."""

MISSED_SECONDS = 10.0
"""After a tick that did not come it is said no longer that a scheduler runs."""

log = structlog.stdlib.get_logger(__name__)


def _to_nobody(_result: str) -> None:
    """Keep it to oneself."""


class SweepBroker(Protocol):
    """What beat needs of the broker; `pillarbox.queue.broker.Broker` has it."""

    def note_scheduler(self, database: str, *, seconds: float) -> None:
        """Say that a scheduler ticks for a database, for so long."""

    def sweeps_waiting(self) -> int:
        """Count the sweeps that nobody has begun."""

    def publish_sweep(self, *, expires: float) -> None:
        """Put a sweep into its queue."""


class SweepPublisher:
    """Publishes a sweep when beat says that one is due; never fails, never waits."""

    def __init__(
        self,
        broker: SweepBroker,
        database: str,
        seconds: float,
        note: Callable[[str], None] = _to_nobody,
    ) -> None:
        """`note` hears what became of each: `published`, `skipped` or `dropped`."""
        self._broker = broker
        self._database = database
        self._note = note
        self._expires = seconds + EXPIRES_SECONDS
        self._missed = seconds + MISSED_SECONDS
        self._away = False

    def __call__(self) -> None:
        """Publish one, unless enough of them wait."""
        try:
            self._broker.note_scheduler(self._database, seconds=self._missed)
            wanted = self._broker.sweeps_waiting() < MAX_WAITING
            if wanted:
                self._broker.publish_sweep(expires=self._expires)
        except BrokerAwayError as error:
            if not self._away:
                log.warning("broker_away", error=str(error))
            self._away = True
            self._note("dropped")
            return
        self._note("published" if wanted else "skipped")
        if self._away:
            log.info("broker_back")
        self._away = False


class SweepScheduler(Scheduler):  # type: ignore[misc]  # the base has no annotations
    """Beat's own clockwork; publishing is ours, since its own waits while the broker is away."""

    producer = None

    def __init__(self, publish: Callable[[], None], **options: object) -> None:
        self._publish = publish
        super().__init__(**options)

    def apply_entry(self, entry: ScheduleEntry, producer: object = None) -> None:  # noqa: ARG002 - as the base calls it
        """Publish what is due: there is one entry only."""
        self._publish()


def make_beat(app: Celery, publish: Callable[[], None], seconds: float) -> Service:
    """Make beat's service, which calls `publish` every so many seconds until it is stopped."""
    app.conf.beat_schedule = {
        "sweep": {"task": TaskName.SWEEP.value, "schedule": timedelta(seconds=seconds)}
    }
    return Service(
        app,
        max_interval=min(seconds, 1.0),  # a signal is heeded after one of these at the latest
        scheduler_cls=partial(SweepScheduler, publish),
        remote_control=False,
    )
