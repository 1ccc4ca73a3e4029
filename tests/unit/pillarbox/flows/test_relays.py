"""What an API says of its relays without being asked for one."""

import pytest

from pillarbox.domain.relay_state import Breaker, RelayState
from pillarbox.flows.ports.relays import WorkerReport
from pillarbox.flows.relays import (
    NoWorkerError,
    RelayDesk,
    RelayParkedError,
    RelayRestsError,
    RelaysError,
)
from tests.fakes.relays import FakeRelayOrders, FakeRelayReports


def _desk(*breakers: Breaker) -> RelayDesk:
    """Let as many workers say how the one relay is."""
    said = [
        WorkerReport(f"w{number}", {"default": RelayState(breaker)})
        for number, breaker in enumerate(breakers)
    ]
    return RelayDesk({}, FakeRelayOrders(), FakeRelayReports(said))


@pytest.mark.parametrize("breakers", [(Breaker.CLOSED,), (Breaker.HALF_OPEN, Breaker.CLOSED)])
def test_relays_that_are_tried_are_well(breakers: tuple[Breaker, ...]) -> None:
    """One that is tried again just now is not given up."""
    _desk(*breakers).ping()


@pytest.mark.parametrize(
    ("breakers", "expected"),
    [
        ((), NoWorkerError),
        ((Breaker.CLOSED, Breaker.OPEN), RelayRestsError),
        ((Breaker.OPEN, Breaker.PARKED), RelayParkedError),
    ],
)
def test_the_worst_that_a_worker_says_is_told(
    breakers: tuple[Breaker, ...], expected: type[RelaysError]
) -> None:
    """By its kind alone: whoever may probe need not know the relays' names."""
    with pytest.raises(expected):
        _desk(*breakers).ping()


def test_while_nobody_can_be_heard_nothing_is_said_to_be_well() -> None:
    """The broker is away: that is not known, and no reason to be thought of as well."""
    with pytest.raises(NoWorkerError):
        RelayDesk({}, FakeRelayOrders(), FakeRelayReports(None)).ping()
