"""How a claim is cut into groups: what shares a mark, and with it its neighbours' fate."""

from dataclasses import replace
from datetime import timedelta

from pillarbox.domain.retry import OnUncertain
from pillarbox.flows import batch
from pillarbox.flows.batch import BatchRules
from pillarbox.flows.ports.claims import ClaimedDelivery
from tests.fakes.deliveries import delivery, queued, with_states


def groups_of(*deliveries: ClaimedDelivery, most: int = 3, octets: int = 10_000) -> list[list[int]]:
    """Return the places of each group's deliveries."""
    rules = BatchRules(timedelta(seconds=60), most, octets)
    return [[each.place for each in group] for group in batch._grouped(deliveries, rules)]


def uncertain(place: int) -> ClaimedDelivery:
    """Make a delivery to two, one of whom a lost reply has left uncertain before."""
    states = (queued(0), replace(queued(1), uncertain_attempts=1))
    return with_states(delivery(place, recipients=2), *states)


def test_a_group_has_so_many_at_most() -> None:
    """What is in doubt after a crash is a group."""
    assert [[0, 1, 2], [3]] == groups_of(*map(delivery, range(4)))


def test_a_group_has_so_many_octets_at_most_and_one_message_always() -> None:
    """Its bytes are in memory; what is larger than that by itself must go too."""
    deliveries = [delivery(0, size=6_000), delivery(1, size=6_000), delivery(2, size=20_000)]

    assert [[0], [1], [2]] == groups_of(*deliveries)


def test_what_would_be_held_goes_alone() -> None:
    """It must not be held because a neighbour lost its connection."""
    held = replace(delivery(1), on_uncertain=OnUncertain.HOLD)

    assert [[0], [1], [2, 3]] == groups_of(delivery(0), held, delivery(2), delivery(3))


def test_what_was_uncertain_goes_alone() -> None:
    """A message that breaks the connection each time must not cost its neighbours theirs."""
    deliveries = [delivery(0), uncertain(1), delivery(2), delivery(3), uncertain(4), uncertain(5)]

    assert [[0], [1], [2, 3], [4], [5]] == groups_of(*deliveries)
