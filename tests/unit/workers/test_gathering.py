"""Mail gathers under load, so that claims are worth their cost; a lone message does not wait."""

import threading

import pytest

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from tests.fakes.workers_relay import Hands
from workers.gathering import MOST_SECONDS, SECONDS_A_MESSAGE, Gathering

ROUTE = Route("default", Lane.NORMAL)


class _Stopping(threading.Event):
    """Notes how long it was waited for, and comes back at once."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        return False


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def stopping() -> _Stopping:
    return _Stopping()


@pytest.fixture
def gathering(hands: Hands, stopping: _Stopping) -> Gathering:
    return Gathering(hands, stopping)


def test_the_first_message_waits_for_nothing(gathering: Gathering, stopping: _Stopping) -> None:
    gathering.wait(ROUTE)

    assert [] == stopping.waits


@pytest.mark.parametrize(
    ("count", "pause"), [(1, SECONDS_A_MESSAGE), (20, 20 * SECONDS_A_MESSAGE), (99, MOST_SECONDS)]
)
def test_the_next_claim_waits_as_the_last_one_was_large(
    gathering: Gathering, stopping: _Stopping, count: int, pause: float
) -> None:
    """So that the pause is that of the load, and never one that somebody notices."""
    gathering.claimed(ROUTE, count, more=False)
    gathering.wait(ROUTE)

    assert [pytest.approx(pause)] == stopping.waits


def test_what_comes_after_the_pause_waits_for_nothing(
    gathering: Gathering, hands: Hands, stopping: _Stopping
) -> None:
    gathering.claimed(ROUTE, 20, more=False)
    hands.now += MOST_SECONDS
    gathering.wait(ROUTE)

    assert [] == stopping.waits


def test_a_backlog_waits_for_nothing(gathering: Gathering, stopping: _Stopping) -> None:
    """What is left behind has gathered already, and wants every hand."""
    gathering.claimed(ROUTE, 100, more=True)
    gathering.wait(ROUTE)

    assert [] == stopping.waits


@pytest.mark.parametrize("other", [Route("other", Lane.NORMAL), Route("default", Lane.HIGH)])
def test_one_route_waits_for_no_other(
    gathering: Gathering, stopping: _Stopping, other: Route
) -> None:
    gathering.claimed(ROUTE, 50, more=False)
    gathering.wait(other)

    assert [] == stopping.waits


def test_lane_high_never_waits(gathering: Gathering, stopping: _Stopping) -> None:
    high = Route("default", Lane.HIGH)

    gathering.claimed(high, 50, more=False)
    gathering.wait(high)

    assert [] == stopping.waits


def test_a_process_that_is_to_end_waits_no_longer() -> None:
    stopping = threading.Event()
    stopping.set()
    gathering = Gathering(lambda: 0.0, stopping)

    gathering.claimed(ROUTE, 50, more=False)
    gathering.wait(ROUTE)

    assert stopping.is_set()
