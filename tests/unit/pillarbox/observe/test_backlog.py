"""The queue's gauges are what an autoscaler and an alert go by: they must not lie."""

import time
from collections.abc import Mapping
from datetime import timedelta

from pillarbox.domain.backlog import LaneBacklog
from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.lane import Lane
from pillarbox.observe.backlog import SHOWN_SECONDS, BacklogWatch
from pillarbox.observe.catalogue import Role
from pillarbox.observe.metrics import Metrics
from tests.fakes.workers_relay import Hands
from tests.waiting import wait_until

WAITS = {
    Lane.HIGH: LaneBacklog(),
    Lane.NORMAL: LaneBacklog(timedelta(seconds=90), 7),
    Lane.LOW: LaneBacklog(),
}


class _Store:
    """Knows what waits, or is away."""

    def __init__(self) -> None:
        self.away = False
        self.looks = 0

    def look(self) -> Mapping[Lane, LaneBacklog]:
        self.looks += 1
        if self.away:
            raise StoreUnavailableError("away")
        return WAITS


def _lines(metrics: Metrics) -> list[str]:
    return metrics.render()[0].decode().splitlines()


def test_every_lane_is_shown_and_an_empty_one_is_zero() -> None:
    """What is missing cannot be compared with a threshold."""
    metrics = Metrics(Role.SCHEDULER)
    BacklogWatch(_Store().look, metrics).look()

    shown = _lines(metrics)

    assert 'pillarbox_oldest_due_message_seconds{lane="high"} 0.0' in shown
    assert 'pillarbox_oldest_due_message_seconds{lane="normal"} 90.0' in shown
    assert 'pillarbox_due_messages{lane="normal"} 7.0' in shown
    assert 'pillarbox_due_messages{lane="low"} 0.0' in shown


def test_while_the_store_is_away_an_old_age_is_not_shown_as_if_it_were_new() -> None:
    """A good-looking number that stands still would say that all is well, or scale to nothing."""
    metrics, store, clock = Metrics(), _Store(), Hands()
    watch = BacklogWatch(store.look, metrics, clock)
    watch.look()
    store.away = True

    clock.now += SHOWN_SECONDS / 2
    watch.look()
    soon = _lines(metrics)
    clock.now += SHOWN_SECONDS / 2
    watch.look()
    later = _lines(metrics)

    assert any(line.startswith("pillarbox_oldest_due_message_seconds{") for line in soon)
    assert not any(line.startswith("pillarbox_oldest_due_message_seconds{") for line in later)
    assert not any(line.startswith("pillarbox_due_messages{") for line in later)


def test_when_it_was_seen_is_always_shown() -> None:
    """The alert on a store that is away compares it with the time of day."""
    metrics, store = Metrics(), _Store()
    watch = BacklogWatch(store.look, metrics)
    assert "pillarbox_queue_observed_timestamp_seconds 0.0" in _lines(metrics)
    before = time.time()

    watch.look()

    [line] = [
        each
        for each in _lines(metrics)
        if each.startswith("pillarbox_queue_observed_timestamp_seconds ")
    ]
    assert before <= float(line.partition(" ")[2]) <= time.time()


def test_a_scrape_asks_the_store_nothing() -> None:
    """A database that hangs must not make the scrape fail, and with it every other number."""
    metrics, store = Metrics(), _Store()
    watch = BacklogWatch(store.look, metrics)
    watch.look()

    _lines(metrics)
    _lines(metrics)

    assert 1 == store.looks


def test_it_looks_by_itself_until_it_is_closed() -> None:
    store = _Store()
    watch = BacklogWatch(store.look, Metrics())

    watch.start()
    wait_until(lambda: store.looks > 0)
    watch.close()
