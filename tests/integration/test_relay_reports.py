"""What workers say of their relays, over a real Redis."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from pillarbox.domain.lane import Lane
from pillarbox.domain.relay_state import Breaker, RelayError, RelayState
from pillarbox.flows.ports.relays import WorkerReport
from pillarbox.queue.broker import BrokerAwayError
from pillarbox.queue.client import make_client
from pillarbox.queue.reports import RedisReports
from tests.ports import free_port
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.real

ERROR = RelayError("auth: refused", "535 no", datetime(2027, 1, 1, tzinfo=UTC))
STATES = {"first": RelayState(Breaker.PARKED, 1, 2, 3, ERROR), "second": RelayState()}


@pytest.fixture
def url(redis_server: RedisServer) -> str:
    return redis_server.database()


@pytest.fixture
def reports(url: str) -> Iterator[RedisReports]:
    with closing(RedisReports(url)) as reports:
        yield reports


def test_what_workers_said_last_is_what_is_heard(reports: RedisReports) -> None:
    """To the letter, and how many of them there are."""
    counts = [reports.publish(WorkerReport(name, STATES)) for name in ("one", "two", "one")]

    assert [1, 2, 2] == counts
    heard = reports.reports()
    assert heard is not None
    assert {"one": STATES, "two": STATES} == {each.worker: each.relays for each in heard}


def test_the_lanes_of_all_workers_together_are_heard(reports: RedisReports) -> None:
    """A lane that nobody takes is one whose mail waits for ever."""
    assert frozenset() == reports.lanes()

    reports.publish(WorkerReport("one", STATES, [Lane.HIGH]))
    reports.publish(WorkerReport("two", STATES, [Lane.HIGH, Lane.LOW]))

    assert {Lane.HIGH, Lane.LOW} == reports.lanes()


def test_everything_expires(url: str, reports: RedisReports) -> None:
    """A worker that is gone is forgotten, and leaves no key."""
    reports.publish(WorkerReport("one", STATES, [Lane.HIGH]))

    with closing(make_client(url)) as client:
        expiries = [client.pttl(key) for key in client.scan_iter()]

    assert 3 == len(expiries)
    assert all(0 < each <= 5000 for each in expiries)


def test_a_redis_that_is_away_is_no_answer_and_no_error() -> None:
    """The list of relays is shown without it."""
    with closing(RedisReports(f"redis://127.0.0.1:{free_port()}/0")) as reports:
        assert reports.reports() is None
        with pytest.raises(BrokerAwayError):
            reports.publish(WorkerReport("one", STATES))
