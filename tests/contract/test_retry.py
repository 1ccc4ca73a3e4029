"""Retrying: what waits is due now, what is held or has ended waits again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from pillarbox.domain.address import Address
from pillarbox.domain.errors import InvalidInputError, NothingToRetryError
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.domain.retry import OnUncertain
from pillarbox.flows.ports.claims import Errand
from tests.contract.mail import (
    BOOKKEEPER,
    BOUNCED,
    DEFERRED,
    LOST,
    ROUTE,
    SENT,
    all_settled,
    message,
)
from tests.contract.revising import caller, make_reviser, statuses
from tests.contract.stores import LONG, OVER, Stores
from tests.fakes.deliveries import FakeWaker

ADA, BOB, CY = (Address(name, "x.test") for name in ("ada", "bob", "cy"))


def settle(stores: Stores, *outcomes: object) -> None:
    claim = stores.claim()
    assert stores.claims.settle(claim.id, all_settled(claim, *outcomes)).held  # type: ignore[arg-type]  # outcomes


def test_what_is_deferred_is_due_now_and_its_worker_is_woken(stores: Stores) -> None:
    sent = message()
    stores.accept(sent)
    settle(stores, DEFERRED)
    waker = FakeWaker()
    assert stores.nothing_due()

    view = make_reviser(stores, waker).retry(sent.id, caller())

    assert ("deferred", [ROUTE]) == (view.status, waker.woken)
    assert DEFERRED.cause == view.recipients[0].state.cause
    settle(stores, SENT)
    assert "sent" == stores.view(sent.id).status


def test_what_is_held_uncertain_is_tried_again(stores: Stores) -> None:
    """It needs a delivery anew; if it is uncertain once more it is held once more."""
    sent = message(on_uncertain=OnUncertain.HOLD)
    stores.accept(sent)
    settle(stores, LOST)

    view = make_reviser(stores).retry(sent.id, caller())
    assert ("deferred", ["uncertain"]) == (view.status, statuses(view))
    settle(stores, LOST)
    assert ("uncertain", 0) == (stores.view(sent.id).status, stores.count("deliveries"))
    make_reviser(stores).retry(sent.id, caller())
    settle(stores, SENT)

    [recipient] = stores.view(sent.id).recipients
    assert ("sent", 3, 2) == (
        recipient.state.status,
        recipient.state.attempts,
        recipient.state.uncertain_attempts,
    )
    attempts = stores.reader.attempts(sent.id, None)
    assert attempts is not None
    assert ["uncertain", "uncertain", "sent"] == [each.outcome for each in attempts]


def test_what_has_ended_is_tried_again_only_if_it_is_named(stores: Stores) -> None:
    sent = message("ada@x.test", "bob@x.test", "cy@x.test")
    stores.accept(sent)
    settle(stores, BOUNCED, SENT, BOUNCED)
    reviser = make_reviser(stores)

    with pytest.raises(NothingToRetryError):
        reviser.retry(sent.id, caller())
    view = reviser.retry(sent.id, caller(), [CY, CY])

    assert ["bounced", "sent", "queued"] == statuses(view)
    assert (BOUNCED.cause, 1) == (view.recipients[2].state.cause, view.recipients[2].state.attempts)
    [delivery] = stores.claim().deliveries
    assert [CY] == [Address(each.local, each.domain) for each in delivery.recipients]


def test_who_is_named_is_tried_again_and_nobody_else(stores: Stores) -> None:
    """A list says whom: the others keep their time."""
    sent = message("ada@x.test", "bob@x.test")
    stores.accept(sent)
    settle(stores, DEFERRED, DEFERRED)

    view = make_reviser(stores).retry(sent.id, caller(), [BOB])

    ada, bob = (each.state.next_attempt_at for each in view.recipients)
    assert ada is not None
    assert bob is not None
    assert bob < ada
    [delivery] = stores.claim().deliveries
    assert [BOB] == [Address(each.local, each.domain) for each in delivery.recipients]
    assert ada == delivery.others_due_at


def test_what_is_sent_is_never_tried_again_and_a_stranger_is_a_fault(stores: Stores) -> None:
    sent = message("ada@x.test", "bob@x.test")
    stores.accept(sent)
    settle(stores, SENT, BOUNCED)
    reviser = make_reviser(stores)

    with pytest.raises(NothingToRetryError) as never:
        reviser.retry(sent.id, caller(), [BOB, ADA])
    with pytest.raises(InvalidInputError) as unknown:
        reviser.retry(sent.id, caller(), [BOB, CY])

    assert [("#/recipients/1", "recipient.not_retriable")] == [
        (each.where, each.code) for each in never.value.faults
    ]
    assert [("#/recipients/1", "recipient.unknown")] == [
        (each.where, each.code) for each in unknown.value.faults
    ]
    assert ["sent", "bounced"] == statuses(stores.view(sent.id))


def test_what_is_sending_or_queued_is_not_hastened(stores: Stores) -> None:
    sent = message()
    stores.accept(sent)
    with pytest.raises(NothingToRetryError):
        make_reviser(stores).retry(sent.id, caller(), [Address("ada", "example.com")])
    stores.claim()
    with pytest.raises(NothingToRetryError):
        make_reviser(stores).retry(sent.id, caller())


def test_a_retry_after_the_lifetimes_end_begins_a_new_one(stores: Stores) -> None:
    """Else a sweep would end it before any worker met it."""
    sent = message(lifetime=timedelta(0))
    stores.accept(sent)
    expired = stores.claims.claim_expired(worker="sweeper", lease=LONG, limit=9)
    assert expired is not None
    stores.claims.settle(expired.id, [BOOKKEEPER.expired(each) for each in expired.deliveries])

    view = make_reviser(stores).retry(sent.id, caller(), [Address("ada", "example.com")])

    assert ("queued", True) == (view.status, view.expires_at > sent.expires_at)
    assert stores.claims.claim_expired(worker="sweeper", lease=LONG, limit=9) is None
    [delivery] = stores.claim().deliveries
    assert view.expires_at == delivery.expires_at


def test_a_retry_within_the_lifetime_leaves_it_as_it_is(stores: Stores) -> None:
    """The caller's own `expires_at` above all."""
    sent = message()
    stores.accept(sent)
    settle(stores, BOUNCED)

    view = make_reviser(stores).retry(sent.id, caller(), [Address("ada", "example.com")])

    assert sent.expires_at == view.expires_at


def test_what_was_cancelled_may_be_tried_again_in_its_lane_over_its_relay(stores: Stores) -> None:
    """A message that names a relay goes there and nowhere else; the way is chosen anew else."""
    low = Route("other", Lane.LOW)
    sent = message(route=low, relay="other")
    stores.accept(sent)
    waker = FakeWaker()
    reviser = make_reviser(stores, waker)
    reviser.cancel(sent.id, caller())

    reviser.retry(sent.id, caller(), [Address("ada", "example.com")])

    assert [low] == waker.woken
    claim = stores.claims.claim(Errand.usual(low), worker="one", lease=LONG, limit=1)
    assert claim is not None
    assert [sent.id] == [each.message_id for each in claim.deliveries]


def test_who_has_ended_is_tried_again_while_a_companion_is_being_sent(stores: Stores) -> None:
    """By a delivery of its own: what the worker holds is not touched, and neither is forgotten."""
    sent = message("ada@x.test", "bob@x.test")
    stores.accept(sent)
    settle(stores, BOUNCED, DEFERRED)
    make_reviser(stores).retry(sent.id, caller())
    first = stores.claim()

    make_reviser(stores).retry(sent.id, caller(), [ADA])
    second = stores.claim()

    assert [1, 1] == [len(each.deliveries[0].recipients) for each in (first, second)]
    assert ["sending", "sending"] == statuses(stores.view(sent.id))
    stores.claims.settle(first.id, all_settled(first, SENT))
    assert "sending" == stores.view(sent.id).status
    stores.claims.settle(second.id, all_settled(second, SENT))
    assert "sent" == stores.view(sent.id).status
    assert (0, 0) == (stores.count("deliveries"), stores.count("claims"))


def test_who_waits_beside_what_is_being_sent_is_due_when_that_is_settled(stores: Stores) -> None:
    sent = message("ada@x.test", "bob@x.test")
    stores.accept(sent)
    settle(stores, DEFERRED, DEFERRED)
    make_reviser(stores).retry(sent.id, caller(), [ADA])
    claim = stores.claim()

    make_reviser(stores).retry(sent.id, caller())
    stores.claims.settle(claim.id, all_settled(claim, SENT))

    [delivery] = stores.claim().deliveries
    assert [BOB] == [Address(each.local, each.domain) for each in delivery.recipients]


def test_a_worker_that_died_leaves_what_was_revised_meanwhile_in_order(stores: Stores) -> None:
    """The sweep settles by what waits now, as the worker would have."""
    sent = message("ada@x.test", "bob@x.test")
    stores.accept(sent)
    settle(stores, DEFERRED, DEFERRED)
    make_reviser(stores).retry(sent.id, caller(), [ADA])
    stores.claim(lease=OVER)
    make_reviser(stores).cancel(sent.id, caller())

    dead = stores.take_over()
    assert dead is not None
    stores.claims.settle(dead.id, all_settled(dead, SENT))

    view = stores.view(sent.id)
    assert ("partial", ["sent", "cancelled"]) == (view.status, statuses(view))
    assert (0, 0) == (stores.count("deliveries"), stores.count("claims"))


def test_two_retries_at_once_make_one_delivery(stores: Stores) -> None:
    """Each repeats its look until nothing has changed under it."""
    sent = [message() for _ in range(20)]
    stores.accept(*sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim, BOUNCED))

    def retry(name: str) -> bool:
        try:
            make_reviser(stores).retry(name, caller(), [Address("ada", "example.com")])
        except NothingToRetryError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(retry, [each.id for each in sent for _ in range(4)]))

    assert 20 == done.count(True)
    assert 20 == stores.count("deliveries")


def test_a_message_whose_body_is_gone_cannot_be_tried_again(stores: Stores) -> None:
    """Bodies are purged by age: there is nothing left to send."""
    sent = message()
    stores.accept(sent)
    settle(stores, DEFERRED)
    stores.change("DELETE FROM contents")

    with pytest.raises(NothingToRetryError):
        make_reviser(stores).retry(sent.id, caller())
