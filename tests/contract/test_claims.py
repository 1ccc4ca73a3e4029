"""T2: what is due goes to one worker, and to every key its share."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pillarbox.domain.ids import KeyId
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.flows.ports.claims import Claim, Errand
from tests.contract.mail import (
    DEFERRED,
    KEY,
    OTHER_KEY,
    ROUTE,
    SENT,
    all_settled,
    message,
    settled,
)
from tests.contract.stores import LONG, OVER, Stores

HIGH = Route("default", Lane.HIGH)
OTHER_RELAY = Route("other", Lane.NORMAL)
FEW = 50
"""Messages of a claim, where there are more keys than that."""


def test_nothing_due_is_no_claim(stores: Stores) -> None:
    """A wake-up that comes for nothing leaves no trace."""
    assert stores.claims.claim(Errand.usual(ROUTE), worker="one", lease=LONG, limit=10) is None
    assert 0 == stores.count("claims")


def test_a_claim_holds_what_is_due_in_order_and_in_places(stores: Stores) -> None:
    """Oldest first; places count from 0, so that a mark can say how far data may have ended."""
    sent = [message() for _ in range(5)]
    for each in sent:
        stores.accept(each)

    claim = stores.claim()

    assert [each.id for each in sent] == [each.message_id for each in claim.deliveries]
    assert [0, 1, 2, 3, 4] == [each.place for each in claim.deliveries]
    assert (ROUTE, False, None) == (claim.route, claim.more, claim.data_through)
    assert stores.nothing_due()


def test_each_delivery_goes_to_one_worker(stores: Stores) -> None:
    """However many claim at once, none gets what another has."""
    stores.accept(*(message() for _ in range(300)))

    def claim_all(number: int) -> list[str]:
        got: list[str] = []
        while claim := stores.claims.claim(
            Errand.usual(ROUTE), worker=str(number), lease=LONG, limit=7
        ):
            got += [each.message_id for each in claim.deliveries]
        return got

    with ThreadPoolExecutor(4) as threads:
        claimed = [each for got in threads.map(claim_all, range(4)) for each in got]

    assert 300 == len(claimed) == len(set(claimed))


def test_a_claim_takes_one_relay_and_lane(stores: Stores) -> None:
    """A relay that hangs, or a backlog in a lane, is nobody else's."""
    stores.accept(message(), message(route=HIGH), message(route=OTHER_RELAY))

    for route in (HIGH, OTHER_RELAY, ROUTE):
        claim = stores.claims.claim(Errand.usual(route), worker="one", lease=LONG, limit=10)
        assert claim is not None
        assert (route, 1) == (claim.route, len(claim.deliveries))


def test_a_claim_takes_no_more_than_its_limit_and_says_that_more_is_due(stores: Stores) -> None:
    stores.accept(*(message() for _ in range(5)))

    first = stores.claim(limit=3)
    second = stores.claim(limit=3)

    assert (3, True) == (len(first.deliveries), first.more)
    assert (2, False) == (len(second.deliveries), second.more)


def test_a_backlog_does_not_hold_up_another_key(stores: Stores) -> None:
    """10,000 rows of one key, one row of another: that one is in the first claim."""
    for _ in range(10):
        stores.accept(*(message() for _ in range(1000)))
    late = message(key=OTHER_KEY)
    stores.accept(late)

    claim = stores.claim(limit=100)

    assert late.id in {each.message_id for each in claim.deliveries}
    assert 100 == len(claim.deliveries)
    assert claim.more


def test_no_key_starves_when_there_are_more_keys_than_one_claim_looks_at(stores: Stores) -> None:
    """Claims go round: each begins where the one before it ended."""
    keys = [KeyId(f"key_{number:08}") for number in range(2 * FEW + 7)]
    stores.accept(*(message(key=key) for key in keys for _ in range(5)))

    owners = {row[0]: row[1] for row in stores.ask("SELECT id, key_id FROM messages")}
    met: Counter[str] = Counter()
    for _ in range(3):
        claim = stores.claim(limit=FEW)
        assert claim.more
        met.update(owners[each.message_id] for each in claim.deliveries)

    assert set(keys) == set(met)


def test_claims_go_round_until_nothing_is_left(stores: Stores) -> None:
    """Beginning in the middle never means that the beginning is forgotten."""
    keys = [KeyId(f"key_{number:08}") for number in range(9)]
    stores.accept(*(message(key=key) for key in keys for _ in range(3)))

    claimed = 0
    while claim := stores.claims.claim(Errand.usual(ROUTE), worker="one", lease=LONG, limit=4):
        assert len(claim.deliveries) <= 4
        claimed += len(claim.deliveries)
        assert claim.more or claimed == 27

    assert 27 == claimed


def test_what_is_due_later_waits_on_the_databases_clock(stores: Stores) -> None:
    """The next attempt is a column, never a timer of anybody's."""
    stores.accept(message())
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim, DEFERRED))

    assert stores.nothing_due()
    stores.change("UPDATE deliveries SET due_at = (SELECT created_at FROM messages)")
    assert not stores.nothing_due()


def test_a_retry_takes_the_recipients_that_are_due(stores: Stores) -> None:
    """Each recipient retries on its own; the others are not in the transaction."""
    stores.accept(message("ada@example.com", "bob@example.com", "cy@example.com"))
    claim = stores.claim()
    [delivery] = claim.deliveries
    stores.claims.settle(claim.id, [settled(claim, delivery, SENT, DEFERRED, DEFERRED)])
    stores.change("UPDATE deliveries SET due_at = (SELECT created_at FROM messages)")
    stores.change(
        "UPDATE recipients SET next_attempt_at = (SELECT created_at FROM messages)"
        " WHERE address = 'bob@example.com'"
    )

    [again] = stores.claim().deliveries

    due_later = claim.claimed_at + timedelta(seconds=1 + 45)
    assert ["bob@example.com"] == [str(each) for each in again.recipients]
    assert [1] == [state.position for state in again.states]
    assert due_later == again.others_due_at


def test_a_message_past_its_lifetime_is_no_longer_claimed_for_sending(stores: Stores) -> None:
    """What is not worth sending any more is not sent because a worker was first."""
    stores.accept(message(lifetime=timedelta(seconds=-1)))

    assert stores.nothing_due()


def test_expired_lifetimes_are_claimed_whatever_their_route(stores: Stores) -> None:
    """The lifetime ends whether or not a relay can be reached, and for every recipient."""
    gone = message("ada@example.com", "bob@example.com", lifetime=timedelta(seconds=-1))
    stores.accept(message(), gone)
    stores.change(
        "UPDATE recipients SET next_attempt_at = expires_at FROM messages"
        " WHERE address = 'bob@example.com' AND messages.id <> message_id"
    )

    claim = stores.claims.claim_expired(worker="sweeper", lease=LONG, limit=10)

    assert claim is not None
    assert [gone.id] == [each.message_id for each in claim.deliveries]
    assert (2, ROUTE, False) == (len(claim.deliveries[0].recipients), claim.route, claim.more)
    assert stores.claims.claim_expired(worker="sweeper", lease=LONG, limit=10) is None


def test_a_claim_of_expired_ones_is_bounded(stores: Stores) -> None:
    stores.accept(*(message(lifetime=timedelta(seconds=-1)) for _ in range(5)))

    claims: list[Claim] = []
    while claim := stores.claims.claim_expired(worker="sweeper", lease=LONG, limit=2):
        claims.append(claim)

    assert [2, 2, 1] == [len(claim.deliveries) for claim in claims]
    assert [True, True, False] == [claim.more for claim in claims]


def test_due_routes_are_those_with_something_due_that_nobody_holds(stores: Stores) -> None:
    """The sweep wakes workers for these: what is held, or due later, needs no waking."""
    later = Route("later", Lane.LOW)
    stores.accept(
        *(message(key=key, route=route) for key in (KEY, OTHER_KEY) for route in (ROUTE, HIGH)),
        message(route=OTHER_RELAY),
        message(route=later, key=KEY),
        message(route=later, key=OTHER_KEY),
    )
    stores.change("UPDATE deliveries SET due_at = expires_at WHERE relay = 'later'")
    stores.change(
        "UPDATE deliveries SET due_at = expires_at WHERE lane = 'high' AND key_id = :key", key=KEY
    )
    assert (
        stores.claims.claim(Errand.usual(OTHER_RELAY), worker="one", lease=OVER, limit=10)
        is not None
    )

    assert {ROUTE, HIGH} == set(stores.claims.due_routes())
    assert 2 == len(stores.claims.due_routes())


def test_no_route_is_due_in_an_empty_store(stores: Stores) -> None:
    assert [] == stores.claims.due_routes()
