"""A claim's lease, its mark, and what happens when its worker is lost."""

from datetime import timedelta

from pillarbox.domain.ids import ClaimId
from tests.contract.mail import DEFERRED, ROUTE, SENT, all_settled, message, settled
from tests.contract.stores import LONG, OVER, Stores
from tests.laws.registry import law

UNKNOWN = ClaimId("clm_00000000000000000000000000")


def test_a_lease_is_counted_on_the_databases_clock(stores: Stores) -> None:
    """A worker whose clock is wrong holds its claim no longer and no shorter."""
    stores.accept(message())
    claim = stores.claim(lease=timedelta(seconds=90))

    [[claimed_at, lease_until]] = stores.ask("SELECT claimed_at, lease_until FROM claims")
    seconds = lease_until - claimed_at
    if isinstance(seconds, int):  # SQLite keeps microseconds
        seconds = timedelta(microseconds=seconds)
    assert abs(seconds - timedelta(seconds=90)) < timedelta(milliseconds=50)
    assert stores.view(claim.deliveries[0].message_id).created_at <= claim.claimed_at


def test_data_begins_only_under_a_lease_that_holds(stores: Stores) -> None:
    """One compare-and-set decides whether a worker may end data."""
    stores.accept(message(), message())

    held = stores.claim(limit=1)
    over = stores.claim(limit=1, lease=OVER)

    assert stores.claims.begin_data(held.id, 0)
    assert not stores.claims.begin_data(over.id, 0)
    assert not stores.claims.begin_data(UNKNOWN, 0)


def test_a_lease_is_renewed_until_it_has_run_out(stores: Stores) -> None:
    """Who was late is told so, and cannot come back."""
    stores.accept(message(), message())
    held = stores.claim(limit=1)
    over = stores.claim(limit=1, lease=OVER)

    assert {held.id} == stores.claims.renew([held.id, over.id, UNKNOWN], LONG)
    assert set() == stores.claims.renew([], LONG)
    assert stores.claims.renew([held.id], OVER) == {held.id}
    assert set() == stores.claims.renew([held.id], LONG)


def test_a_claim_that_lives_is_not_taken_over(stores: Stores) -> None:
    stores.accept(message())
    stores.claim()

    assert stores.take_over() is None


def test_a_dead_claim_is_taken_over_with_its_mark_and_places(stores: Stores) -> None:
    """What may have ended is known from the mark; what has not begun is merely late."""
    stores.accept(*(message() for _ in range(4)))
    dead = stores.claim()
    assert stores.claims.begin_data(dead.id, 1)
    stores.claims.settle(dead.id, [settled(dead, dead.deliveries[0])], begin_data_through=2)
    stores.claims.renew([dead.id], OVER)

    claim = stores.take_over()

    assert claim is not None
    assert dead.id != claim.id
    assert (2, ROUTE) == (claim.data_through, claim.route)
    assert dead.claimed_at <= claim.claimed_at
    assert dead.deliveries[1:] == claim.deliveries
    assert stores.take_over() is None


@law("killed-before-recording")
def test_who_was_taken_over_can_neither_end_data_nor_settle(stores: Stores) -> None:
    """The claim's id is the fencing token: a worker that was presumed dead writes nothing."""
    stores.accept(message())
    dead = stores.claim(lease=OVER)
    claim = stores.take_over()
    assert claim is not None

    assert not stores.claims.begin_data(dead.id, 0)
    assert set() == stores.claims.renew([dead.id], LONG)
    result = stores.claims.settle(dead.id, all_settled(dead))
    assert (False, False) == (result.held, result.data_begun)
    stores.claims.hand_back(dead.id)
    assert stores.nothing_due()
    assert 0 == stores.count("attempts")
    assert stores.claims.settle(claim.id, all_settled(claim, DEFERRED)).held


def test_a_claim_that_was_taken_over_may_be_taken_over_again(stores: Stores) -> None:
    """The scheduler may die too; the mark and the places stay."""
    stores.accept(message(), message())
    dead = stores.claim()
    stores.claims.begin_data(dead.id, 0)
    stores.claims.renew([dead.id], OVER)

    first = stores.take_over(lease=OVER)
    second = stores.take_over()

    assert first is not None
    assert second is not None
    assert (0, dead.deliveries) == (second.data_through, second.deliveries)


def test_a_recipient_that_fell_due_meanwhile_is_not_taken_over(stores: Stores) -> None:
    """The dead worker did not have it, so nothing can have happened to it."""
    stores.accept(message("ada@example.com", "bob@example.com"))
    first = stores.claim()
    stores.claims.settle(first.id, all_settled(first, DEFERRED, DEFERRED))
    stores.change("UPDATE deliveries SET due_at = (SELECT created_at FROM messages)")
    stores.change(
        "UPDATE recipients SET next_attempt_at = (SELECT created_at FROM messages)"
        " WHERE address = 'ada@example.com'"
    )
    dead = stores.claim(lease=OVER)
    stores.change(
        "UPDATE recipients SET next_attempt_at = (SELECT claimed_at FROM claims)"
        " WHERE address = 'bob@example.com'"
    )
    stores.change("UPDATE claims SET due_by = (SELECT created_at FROM messages)")

    claim = stores.take_over()

    assert claim is not None
    assert ["ada@example.com"] == [str(each) for each in claim.deliveries[0].recipients]
    assert dead.deliveries[0].states == claim.deliveries[0].states


def test_dead_claims_are_taken_over_one_at_a_time(stores: Stores) -> None:
    stores.accept(*(message() for _ in range(3)))
    dead = [stores.claim(limit=1, lease=OVER) for _ in range(3)]

    taken = []
    while claim := stores.take_over():
        taken.append(claim)

    assert {each.deliveries for each in dead} == {each.deliveries for each in taken}


def test_a_dead_claim_that_holds_nothing_is_forgotten(stores: Stores) -> None:
    stores.accept(message())
    stores.claim(lease=OVER)
    stores.change("UPDATE deliveries SET claim_id = NULL, claim_place = NULL")

    assert stores.take_over() is None
    assert 0 == stores.count("claims")


def test_what_is_handed_back_is_as_it_was_and_due(stores: Stores) -> None:
    """A worker that is told to stop owes nobody anything for what it never tried."""
    stores.accept(*(message() for _ in range(3)))
    claim = stores.claim()
    stores.claims.settle(claim.id, [settled(claim, claim.deliveries[0], SENT)])

    stores.claims.hand_back(claim.id)

    again = stores.claim()
    assert [each.message_id for each in claim.deliveries[1:]] == [
        each.message_id for each in again.deliveries
    ]
    assert [each.states for each in claim.deliveries[1:]] == [
        each.states for each in again.deliveries
    ]
    assert 1 == stores.count("claims")
