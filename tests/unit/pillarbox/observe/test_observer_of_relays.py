"""What is shown of relays, and of the wake-ups between processes."""

import math
import re

from pillarbox.domain.relay_state import Breaker, ConnectionCounts, RelayState
from pillarbox.observe.metrics import CLOSED_FOR, MADE, Metrics
from pillarbox.observe.observer import LoggingObserver
from workers.smtp.trace import ClosedFor


def _sample(metrics: Metrics, line: str) -> float:
    match = re.search(rf"^{re.escape(line)} (\S+)$", metrics.render()[0].decode(), re.MULTILINE)
    assert match, line
    return float(match[1])


def test_connections_are_counted_by_what_became_of_them_since_the_last_look() -> None:
    """A pool counts from its beginning; a counter is told the difference."""
    metrics = Metrics()
    observer = LoggingObserver(metrics)
    for counts in (ConnectionCounts(2, 1, {"stale": 1}), ConnectionCounts(5, 1, {"stale": 3})):
        observer.relay_looked_at("default", RelayState(), counts)

    assert 5 == _sample(metrics, 'pillarbox_relay_connections_opened_total{relay="default"}')
    assert 1 == _sample(metrics, 'pillarbox_relay_connections_reused_total{relay="default"}')
    closed = "pillarbox_relay_connections_closed_total"
    assert 3 == _sample(metrics, closed + '{reason="stale",relay="default"}')
    assert 0 == _sample(metrics, closed + '{reason="idle",relay="default"}')
    assert CLOSED_FOR == tuple(ClosedFor)


def test_a_budget_that_cannot_be_asked_is_no_number() -> None:
    """The last one would be believed."""
    metrics = Metrics()
    observer = LoggingObserver(metrics)
    observer.relay_configured("default", 8)
    observer.relay_budget("default", 3)
    assert 3 == _sample(metrics, 'pillarbox_relay_budget_used{relay="default"}')

    observer.relay_budget("default", None)

    assert math.isnan(_sample(metrics, 'pillarbox_relay_budget_used{relay="default"}'))
    assert 8 == _sample(metrics, 'pillarbox_relay_budget_places{relay="default"}')


def test_a_relay_has_its_zeros_before_its_first_mail() -> None:
    """A counter that appears with its first event hides it from `increase()`."""
    metrics = Metrics()

    LoggingObserver(metrics).relay_configured("default", 8)

    for status in MADE:
        assert 0 == _sample(
            metrics, f'pillarbox_recipients_total{{relay="default",status="{status}"}}'
        )


def test_relays_and_wake_ups_are_shown() -> None:
    """A relay that rests is a gauge at 1 until it is back."""
    metrics = Metrics()
    observer = LoggingObserver(metrics)

    observer.wake_published()
    observer.wake_dropped()
    state = RelayState(Breaker.PARKED, in_use=3, idle=2, concurrency=5)
    observer.relay_looked_at("default", state, ConnectionCounts())
    observer.relay_breaker("default", Breaker.PARKED)

    assert 1 == _sample(metrics, 'pillarbox_wakeups_total{result="dropped"}')
    assert 1 == _sample(metrics, 'pillarbox_wakeups_total{result="published"}')
    assert 3 == _sample(metrics, 'pillarbox_relay_connections{relay="default",state="in_use"}')
    assert 1 == _sample(metrics, 'pillarbox_relay_resting{relay="default"}')
    assert 1 == _sample(metrics, 'pillarbox_relay_parked{relay="default"}')
    assert 1 == _sample(metrics, 'pillarbox_relay_breaker{relay="default",state="parked"}')
    assert 0 == _sample(metrics, 'pillarbox_relay_breaker{relay="default",state="closed"}')
    assert 5 == _sample(metrics, 'pillarbox_relay_connections_allowed{relay="default"}')
