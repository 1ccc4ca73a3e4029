"""What another relay carries, and what the operator has ordered."""

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.flows.ports.claims import Errand
from tests.contract.mail import DEFERRED, ROUTE, all_settled, message
from tests.contract.stores import LONG, Stores

INSTEAD = Errand(ROUTE, "spare", ("spare", "last"))


def _claimed(stores: Stores, errand: Errand) -> list[str]:
    claim = stores.claims.claim(errand, worker="one", lease=LONG, limit=100)
    return [each.message_id for each in claim.deliveries] if claim else []


def test_another_relay_carries_what_it_may_and_nothing_else(stores: Stores) -> None:
    """A message that names its relay waits for that one."""
    pinned, free = message(), message(fallbacks=("spare", "last"))
    other = message(route=Route("other", Lane.NORMAL), fallbacks=("spare", "last"))
    stores.accept(pinned, free, other)

    assert [free.id] == _claimed(stores, INSTEAD)
    assert [] == _claimed(stores, INSTEAD)
    assert [pinned.id] == _claimed(stores, Errand.usual(ROUTE))


def test_its_own_relay_carries_whatever_else_might(stores: Stores) -> None:
    """Fallbacks take nothing away."""
    stores.accept(message(), message(fallbacks=("spare",)))

    assert 2 == len(_claimed(stores, Errand.usual(ROUTE)))


def test_the_claim_names_the_relay_that_carries_it(stores: Stores) -> None:
    """So do the attempts, also of a worker that is lost; what is deferred goes home."""
    stores.accept(message(fallbacks=("spare", "last")))

    claim = stores.claims.claim(INSTEAD, worker="one", lease=LONG, limit=100)
    assert claim is not None
    stores.claims.settle(claim.id, all_settled(claim, DEFERRED))

    assert Route("spare", ROUTE.lane) == claim.route
    assert [("default",)] == [tuple(row) for row in stores.ask("SELECT relay FROM deliveries")]


def test_the_lists_of_those_that_may_stand_in_are_each_named_once(stores: Stores) -> None:
    """However many messages there are; those that are held are not meant."""
    stores.accept(
        *(message(fallbacks=fallbacks) for fallbacks in [("a",), ("b", "a"), ("a",), ()]),
        message(route=Route("other", Lane.NORMAL), fallbacks=("c",)),
    )

    listed = stores.claims.fallbacks(ROUTE)
    stores.claim()

    assert [("a",), ("b", "a")] == listed
    assert [] == stores.claims.fallbacks(ROUTE)


def test_nothing_is_claimed_over_a_relay_that_is_paused(stores: Stores) -> None:
    """Once the order is answered; what others may carry, they do."""
    stores.accept(message(fallbacks=("spare", "last")))

    stores.orders.order("spare", paused=True)
    meanwhile = _claimed(stores, INSTEAD)
    stores.orders.order("spare", paused=False)

    assert [] == meanwhile
    assert 1 == len(_claimed(stores, INSTEAD))


def test_an_order_that_is_repeated_is_a_new_one(stores: Stores) -> None:
    """Who resumes twice wants the relay tried twice."""
    stores.orders.order("spare", paused=False)
    first = stores.orders.orders()
    stores.change("UPDATE relay_orders SET ordered_at = :then", then=_long_ago(stores))
    stores.orders.order("spare", paused=False)

    assert ["spare"] == list(first)
    assert not first["spare"].paused
    assert stores.orders.orders()["spare"].ordered_at >= first["spare"].ordered_at


def _long_ago(stores: Stores) -> object:
    return 0 if stores.database.is_sqlite else "1970-01-01T00:00:00Z"
