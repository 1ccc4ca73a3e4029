"""Celery's worker, as a part of our process and without what only its own program needs.

1. The wake-ups of its lanes, by default of all, and the sweeps.
2. Threads, since a task waits for relays; Celery's time limits do not reach
   them, so every wait has a deadline of its own.
3. No gossip, mingle or heartbeat: workers know nothing of one another, the
   store does.
"""

from collections.abc import Callable, Iterable

import structlog
from celery import Celery
from celery.worker import WorkController, state
from celery.worker.consumer import Consumer
from kombu.connection import Connection

from pillarbox.domain.lane import Lane
from pillarbox.queue.app import own_queue
from pillarbox.queue.names import DELIVER_QUEUES, SWEEP_QUEUE
from workers.signals import on_first_signal

RECONNECT_SECONDS = 1.0
"""Between two tries to reach the broker: while it is away nothing is swept."""

log = structlog.stdlib.get_logger(__name__)


class SteadyConsumer(Consumer):  # type: ignore[misc]  # the base has no annotations
    """A consumer that tries to reach the broker every second, and says so once."""

    def ensure_connected(self, conn: Connection) -> Connection:
        """Wait for the broker, unless the process is told to end meanwhile."""
        away = False

        def note(error: Exception, _seconds: float) -> None:
            nonlocal away
            if not away:
                away = True
                log.warning("broker_away", error=str(error))

        conn = conn.ensure_connection(  # type: ignore[no-untyped-call]  # no annotations
            errback=note,
            max_retries=None,
            interval_start=RECONNECT_SECONDS,
            interval_step=0,
            interval_max=RECONNECT_SECONDS,
            callback=state.maybe_shutdown,
        )
        if away:
            log.info("broker_back")
        self.first_connection_attempt = False
        return conn


def make_worker(
    app: Celery, threads: int, own: str | None = None, *, lanes: Iterable[Lane] = Lane
) -> WorkController:
    """Make the consumer of these lanes' queues, of the sweeps, and of this process's `own`.

    `start()` returns when the process is told to end.
    """
    queues = [*(DELIVER_QUEUES[lane] for lane in lanes), SWEEP_QUEUE]
    if own is not None:
        app.amqp.queues.add(own_queue(own))
        queues.append(own)
    return WorkController(
        app=app,
        pool="threads",
        concurrency=threads,
        queues=queues,
        consumer_cls=SteadyConsumer,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        task_events=False,
    )


def stop_on_signals(stop: Callable[[], None]) -> None:
    """End in good order on SIGTERM and SIGINT; a further one changes nothing.

    What is under way ends with its group; a SIGKILL instead costs no mail
    either, only the wait for its lease.
    """

    def act() -> None:
        stop()
        state.should_stop = 0

    on_first_signal(act)
