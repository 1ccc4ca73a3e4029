"""`python -m workers.scheduler`: what makes workers sweep."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

import structlog

from pillarbox import bootstrap
from pillarbox.observe.backlog import BacklogWatch
from pillarbox.observe.catalogue import Role as Shown
from pillarbox.observe.metrics import Metrics
from pillarbox.observe.observer import LoggingObserver
from pillarbox.process import run_process
from pillarbox.queue.app import Role, make_app
from pillarbox.queue.broker import Broker
from pillarbox.settings import Settings
from workers.beat import SweepPublisher, make_beat
from workers.health import Health, HealthServer
from workers.signals import on_first_signal

STUCK_SECONDS = 30.0
"""Without a tick, beyond the time between two: a publish takes three at the most."""

log = structlog.stdlib.get_logger(__name__)


def main() -> int:
    """Run the scheduler until SIGTERM or SIGINT; returns the exit status."""
    return run_process(run)


def run(settings: Settings) -> None:
    """Run the scheduler; several of them do no harm."""
    with ExitStack() as closing:
        broker = Broker(settings.broker_url)
        closing.callback(broker.close)
        app = make_app(settings.broker_url, role=Role.PUBLISHER)
        closing.callback(app.close)
        metrics = Metrics(Shown.SCHEDULER)
        database = bootstrap.database_place(settings)
        publish = SweepPublisher(broker, database, settings.sweep, LoggingObserver(metrics).ticked)
        tick = Tick(publish, settings.sweep + STUCK_SECONDS)
        beat = make_beat(app, tick, settings.sweep)
        if settings.health_port is not None:
            stores = bootstrap.open_stores(settings)
            closing.callback(stores.database.close)
            watch = BacklogWatch(stores.backlog.look, metrics)
            health = _health(broker, stores, metrics, tick)
            server = HealthServer(settings.http_host, settings.health_port, health)
            closing.callback(server.close)
            closing.callback(watch.close)
            watch.start()
        on_first_signal(tick.end)
        log.info("scheduler_started", seconds=settings.sweep)
        beat.start()
        log.info("scheduler_ended")


def _health(broker: Broker, stores: bootstrap.Stores, metrics: Metrics, tick: "Tick") -> Health:
    """Make what is shown; the store is only looked at, and sweeps are due without it."""
    return Health(
        {
            "broker": broker.ping,
            "store": stores.database.ping,
            "migrations": bootstrap.migrations_ping(stores),
        },
        metrics.render,
        lenient=frozenset({"store", "migrations"}),
        alive=tick.is_recent,
    )


class Tick:
    """Calls through, and remembers when it last did."""

    def __init__(self, publish: Callable[[], None], stuck_seconds: float) -> None:
        self._publish = publish
        self._stuck_seconds = stuck_seconds
        self._last = time.monotonic()
        self._ends = False

    def __call__(self) -> None:
        """Publish a sweep; raises `SystemExit`, which beat ends by, if that has come to nothing."""
        if self._ends:
            raise SystemExit(0)
        self._publish()
        self._last = time.monotonic()

    def end(self) -> None:
        """Leave whatever is under way: nothing of it is worth waiting for.

        A finaliser that runs just then swallows `SystemExit`; the next tick remembers.
        """
        self._ends = True
        raise SystemExit(0)

    def is_recent(self) -> bool:
        """Whether the last one was not long ago."""
        return time.monotonic() - self._last < self._stuck_seconds


if __name__ == "__main__":
    sys.exit(main())
