"""Cancelling: what nobody holds ends at once, what a worker holds is the worker's."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest

from pillarbox.domain.errors import NotFoundError, NothingToCancelError, ScopeMissingError
from pillarbox.domain.key import Scope
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import ChosenRoute, Route
from pillarbox.domain.outcome import Outcome
from pillarbox.domain.retry import OnUncertain
from pillarbox.flows.ports.claims import Errand
from pillarbox.store.ids import new_batch_id, new_message_id
from tests.contract.mail import (
    DEFERRED,
    LOST,
    OTHER_KEY,
    ROUTE,
    SENT,
    all_settled,
    message,
    settled,
)
from tests.contract.revising import caller, cancelled, make_reviser, statuses
from tests.contract.stores import LONG, OVER, Stores

OTHER_ROUTE = Route("other", Lane.NORMAL)


def test_what_waits_is_cancelled_and_leaves_the_backlog(stores: Stores) -> None:
    """`queued` and `deferred`: no attempt follows, and what a server said stays to be read."""
    sent = message("ada@x.test", "bob@x.test", "cy@x.test")
    stores.accept(sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, [settled(claim, claim.deliveries[0], SENT, DEFERRED, DEFERRED)])

    view = make_reviser(stores).cancel(sent.id, caller())

    assert ("partial", ["sent", "cancelled", "cancelled"]) == (view.status, statuses(view))
    assert {DEFERRED.cause} == {each.state.cause for each in view.recipients[1:]}
    assert {None} == {each.state.next_attempt_at for each in view.recipients}
    assert 0 == stores.count("deliveries")


def test_a_message_of_which_all_is_cancelled_is_cancelled(stores: Stores) -> None:
    """And a second time there is nothing left to cancel."""
    sent = message("ada@x.test", "bob@x.test")
    stores.accept(sent)

    assert "cancelled" == make_reviser(stores).cancel(sent.id, caller()).status
    assert stores.nothing_due()
    assert not cancelled(stores, sent.id)


def test_what_is_held_uncertain_may_be_cancelled(stores: Stores) -> None:
    sent = message(on_uncertain=OnUncertain.HOLD)
    stores.accept(sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim, LOST))

    assert "cancelled" == make_reviser(stores).cancel(sent.id, caller()).status


def test_what_is_uncertain_and_tried_again_by_itself_is_not_cancelled(stores: Stores) -> None:
    """The contract: queued, deferred or held uncertain."""
    sent = message()
    stores.accept(sent)
    claim = stores.claim()
    held = [settled(claim, each, LOST) for each in claim.deliveries]
    stores.claims.settle(claim.id, held)

    assert not cancelled(stores, sent.id)


def test_what_a_worker_holds_is_not_cancelled(stores: Stores) -> None:
    """It may be at its end of data: the outcome is the worker's to write."""
    sent = message()
    stores.accept(sent)
    claim = stores.claim()

    with pytest.raises(NothingToCancelError):
        make_reviser(stores).cancel(sent.id, caller())
    assert stores.claims.settle(claim.id, all_settled(claim)).held
    assert "sent" == stores.view(sent.id).status


def test_what_a_dead_worker_held_is_not_cancelled_before_it_is_known(stores: Stores) -> None:
    """Its data may have ended; `cancelled` would be a claim. A sweep says what it is."""
    sent = message()
    stores.accept(sent)
    stores.claim(lease=OVER)

    assert not cancelled(stores, sent.id)


@pytest.mark.parametrize(
    ("outcome", "left", "status"), [(SENT, 0, "partial"), (DEFERRED, 1, "deferred")]
)
def test_a_companion_is_cancelled_while_another_is_being_sent(
    stores: Stores, outcome: Outcome, left: int, status: str
) -> None:
    """The worker that settles counts anew who waits: no delivery is left that nobody needs."""
    sent = message("ada@x.test", "bob@x.test")
    stores.accept(sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim, DEFERRED, DEFERRED))
    stores.change("UPDATE deliveries SET due_at = (SELECT created_at FROM messages)")
    stores.change(
        "UPDATE recipients SET next_attempt_at = (SELECT created_at FROM messages)"
        " WHERE position = 0"
    )
    claim = stores.claim()

    view = make_reviser(stores).cancel(sent.id, caller())
    assert ["sending", "cancelled"] == statuses(view)
    stores.claims.settle(claim.id, all_settled(claim, outcome))

    assert status == stores.view(sent.id).status
    assert (left, 0) == (stores.count("deliveries"), stores.count("claims"))
    [[due, waits]] = stores.ask(
        "SELECT max(d.due_at), max(r.next_attempt_at) FROM recipients AS r"
        " LEFT JOIN deliveries AS d ON d.message_id = r.message_id"
    )
    assert due == waits


def test_a_cancelled_part_leaves_the_other_part_alone(stores: Stores) -> None:
    """Two routes, two deliveries; one is held by a worker."""
    sent = message(
        "ada@x.test", "bob@x.test", routes=(ChosenRoute(ROUTE), ChosenRoute(OTHER_ROUTE))
    )
    stores.accept(sent)
    claim = stores.claim()

    assert ["sending", "cancelled"] == statuses(make_reviser(stores).cancel(sent.id, caller()))
    stores.claims.settle(claim.id, all_settled(claim))
    assert "partial" == stores.view(sent.id).status


def test_a_key_cancels_its_own_messages_alone(stores: Stores) -> None:
    sent = message()
    stores.accept(sent)
    reviser = make_reviser(stores)

    for name, key in (
        (sent.id, caller(OTHER_KEY)),
        (new_message_id()[0], caller()),
        ("x", caller()),
    ):
        with pytest.raises(NotFoundError):
            reviser.cancel(name, key)
    with pytest.raises(ScopeMissingError):
        reviser.cancel(sent.id, caller(scope=Scope.READ))
    assert "cancelled" == reviser.cancel(sent.id, caller(OTHER_KEY, Scope.MANAGE)).status


def test_a_batch_is_cancelled_in_chunks(stores: Stores) -> None:
    """All of it that waits; what has ended stays as it is."""
    batch = new_batch_id()
    sent = [message(batch_id=batch) for _ in range(230)]
    stores.accept(*sent, message())
    first = stores.claim(limit=30)
    stores.claims.settle(first.id, all_settled(first))

    done = make_reviser(stores).cancel_batch(batch, caller())

    assert (batch, 200, 200) == (done.id, done.messages, done.recipients)
    assert 1 == stores.count("deliveries")
    with pytest.raises(NothingToCancelError):
        make_reviser(stores).cancel_batch(batch, caller())
    for name, key in ((new_batch_id(), caller()), (batch, caller(OTHER_KEY)), ("bat_", caller())):
        with pytest.raises(NotFoundError):
            make_reviser(stores).cancel_batch(name, key)


def test_what_is_cancelled_is_never_sent_while_workers_claim(stores: Stores) -> None:
    """Each message goes to one of the two, and to the one that says so."""
    sent = [message("ada@x.test", "bob@x.test") for _ in range(120)]
    stores.accept(*sent)

    def work(worker: int) -> set[str]:
        carried: set[str] = set()
        while claim := stores.claims.claim(
            Errand.usual(ROUTE), worker=f"w{worker}", lease=LONG, limit=7
        ):
            assert stores.claims.settle(claim.id, all_settled(claim)).held
            carried |= {each.message_id for each in claim.deliveries}
        return carried

    def change(part: int) -> set[str]:
        return {each.id for each in reversed(sent[part::2]) if cancelled(stores, each.id)}

    with ThreadPoolExecutor(4) as threads:
        carried = [threads.submit(work, number) for number in range(2)]
        changed = [threads.submit(change, number) for number in range(2)]
        by_workers = set(chain.from_iterable(each.result() for each in carried))
        by_callers = set(chain.from_iterable(each.result() for each in changed))

    assert {each.id for each in sent} == by_workers | by_callers
    assert set() == by_workers & by_callers
    expected = dict.fromkeys(by_workers, "sent") | dict.fromkeys(by_callers, "cancelled")
    assert expected == {each.id: stores.view(each.id).status for each in sent}
    assert (0, 0) == (stores.count("deliveries"), stores.count("claims"))
