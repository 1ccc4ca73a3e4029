"""The scheduler: a sweep every so often, whatever the broker does."""

import threading
from contextlib import closing

from structlog.testing import capture_logs

from pillarbox.queue.app import Role, make_app
from pillarbox.queue.broker import BrokerAwayError
from tests.ports import free_port
from tests.waiting import wait_until
from workers.beat import EXPIRES_SECONDS, MAX_WAITING, MISSED_SECONDS, SweepPublisher, make_beat

DATABASE = "db.test:5432/mail"


class _Sweeps:
    """A broker's queue of sweeps."""

    def __init__(self, waiting: int = 0) -> None:
        self.waiting = waiting
        self.away = False
        self.published: list[float] = []
        self.noted: list[float] = []

    def note_scheduler(self, database: str, *, seconds: float) -> None:
        assert database == DATABASE
        if self.away:
            raise BrokerAwayError("away")
        self.noted.append(seconds)

    def sweeps_waiting(self) -> int:
        if self.away:
            raise BrokerAwayError("away")
        return self.waiting

    def publish_sweep(self, *, expires: float) -> None:
        self.published.append(expires)


def test_a_sweep_is_worthless_after_a_while_but_not_for_a_clock_that_is_a_little_off() -> None:
    """Its end is a time of day, written on one machine and read on another."""
    broker = _Sweeps()

    SweepPublisher(broker, DATABASE, 1.0)()

    assert [1.0 + EXPIRES_SECONDS] == broker.published
    assert EXPIRES_SECONDS >= 30


def test_sweeps_that_nobody_fetches_do_not_pile_up() -> None:
    """A weekend without workers is 170,000 seconds."""
    broker = _Sweeps(waiting=MAX_WAITING)

    SweepPublisher(broker, DATABASE, 1.0)()

    assert [] == broker.published


def test_a_scheduler_says_that_it_runs_whether_or_not_anybody_sweeps() -> None:
    """For longer than until its next tick; `pillarbox doctor` reads it."""
    broker = _Sweeps(waiting=MAX_WAITING)

    SweepPublisher(broker, DATABASE, 30.0)()

    assert [30.0 + MISSED_SECONDS] == broker.noted


def test_an_outage_of_the_broker_is_logged_once_and_fails_nothing() -> None:
    """The next second brings the next sweep."""
    broker = _Sweeps()
    publish = SweepPublisher(broker, DATABASE, 1.0)

    with capture_logs() as logs:
        for away in (True, True, True, False, False):
            broker.away = away
            publish()

    assert ["broker_away", "broker_back"] == [line["event"] for line in logs]
    assert 2 == len(broker.published)


def test_beat_goes_on_publishing_without_any_broker() -> None:
    """Its own connection would wait for the broker, and beat with it; it is never opened."""
    ticks: list[None] = []
    url = f"redis://127.0.0.1:{free_port()}/0"

    with closing(make_app(url, role=Role.PUBLISHER)) as app:
        beat = make_beat(app, lambda: ticks.append(None), 0.05)
        thread = threading.Thread(target=beat.start)
        thread.start()
        try:
            wait_until(lambda: len(ticks) >= 3)
        finally:
            beat.stop()
            thread.join()

    assert len(ticks) >= 3


def test_the_only_entry_is_the_sweep() -> None:
    """Whatever else must happen at times is a column in the store."""
    with closing(make_app("redis://127.0.0.1:1/0", role=Role.PUBLISHER)) as app:
        beat = make_beat(app, lambda: None, 1.0)

        assert ["sweep"] == list(beat.scheduler.schedule)
