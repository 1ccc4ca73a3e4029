"""What an outcome makes of a recipient's state."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pillarbox.domain.attempt import AttemptOutcome
from pillarbox.domain.outcome import (
    Bounced,
    Deferred,
    Finding,
    FindingCode,
    Outcome,
    Uncertain,
)
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.retry import MAX_UNCERTAIN_RETRIES, OnUncertain, RetrySchedule
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.settle import Bookkeeper, Circumstances
from tests.fakes.categories import other
from tests.fakes.deliveries import NOW, RELAY, TAKEN, delivery, queued, with_states

BASE = timedelta(seconds=60)
GREYLISTED = Deferred(Reply(450, "Greylisted", Verb.RCPT, "4.2.0"))
UNKNOWN = Bounced(Reply(550, "User unknown", Verb.RCPT, "5.1.1"))
LOST = Uncertain(Finding(FindingCode.REPLY_LOST, "the connection was lost"))
CIRCUMSTANCES = Circumstances("default", NOW, NOW + timedelta(milliseconds=20), (), RELAY)


@pytest.fixture
def books() -> Bookkeeper:
    return Bookkeeper(RetrySchedule(BASE, timedelta(hours=4)), other, lambda: 0.0)


def test_each_recipient_gets_its_own_outcome(books: Bookkeeper) -> None:
    """One transaction may end in three ways at once, each with its own reply."""
    settled = books.attempted(delivery(recipients=3), (TAKEN, UNKNOWN, GREYLISTED), CIRCUMSTANCES)

    assert [RecipientStatus.SENT, RecipientStatus.BOUNCED, RecipientStatus.DEFERRED] == [
        state.status for state in settled.states
    ]
    assert [TAKEN.reply, UNKNOWN.cause, GREYLISTED.cause] == [
        state.cause for state in settled.states
    ]
    assert settled.attempt is not None
    assert AttemptOutcome.PARTIAL == settled.attempt.outcome


def test_an_attempt_that_is_uncertain_for_one_recipient_is_called_so(books: Bookkeeper) -> None:
    """Whoever looks for what may have been sent twice must not have to look behind `partial`."""
    settled = books.attempted(delivery(recipients=2), (UNKNOWN, LOST), CIRCUMSTANCES)

    assert settled.attempt is not None
    assert AttemptOutcome.UNCERTAIN == settled.attempt.outcome


def test_a_delivery_is_due_again_when_the_first_of_its_recipients_is(books: Bookkeeper) -> None:
    """The rest of the recipients may be due before those that were just deferred."""
    soon = NOW + timedelta(seconds=1)
    base = replace(delivery(), others_due_at=soon)

    settled = books.attempted(base, (GREYLISTED,), CIRCUMSTANCES)

    assert soon == settled.due_at
    assert CIRCUMSTANCES.ended_at + BASE / 2 == settled.states[0].next_attempt_at


def test_a_delivery_with_nothing_scheduled_ends(books: Bookkeeper) -> None:
    """What is settled for good leaves the backlog."""
    settled = books.attempted(delivery(recipients=2), (TAKEN, UNKNOWN), CIRCUMSTANCES)

    assert settled.due_at is None


def test_an_uncertain_recipient_is_tried_again_three_times_and_then_held(
    books: Bookkeeper,
) -> None:
    """Each retry of an uncertain message may double it: at most three, then a person decides."""
    current = delivery()
    scheduled = []
    for _ in range(MAX_UNCERTAIN_RETRIES + 1):
        settled = books.attempted(current, (LOST,), CIRCUMSTANCES)
        scheduled.append(settled.due_at is not None)
        current = with_states(current, *settled.states)

    assert [True, True, True, False] == scheduled
    assert RecipientStatus.UNCERTAIN == current.states[0].status


def test_what_the_caller_wants_held_is_held_at_once(books: Bookkeeper) -> None:
    """`hold`: rather not at all than twice; also when the worker was lost with it."""
    held = replace(delivery(), on_uncertain=OnUncertain.HOLD)

    settled = books.attempted(held, (LOST,), CIRCUMSTANCES)
    reaped = books.abandoned(held, CIRCUMSTANCES, data_may_have_ended=True)

    for each in (settled, reaped):
        assert (RecipientStatus.UNCERTAIN, None) == (each.states[0].status, each.due_at)
    deferred = books.attempted(held, (GREYLISTED,), CIRCUMSTANCES)
    assert deferred.due_at is not None


def test_a_dead_worker_without_the_mark_costs_a_message_nothing(books: Bookkeeper) -> None:
    """Its data cannot have ended: it is due at once, and is charged no attempt."""
    settled = books.abandoned(delivery(), CIRCUMSTANCES, data_may_have_ended=False)

    [state] = settled.states
    assert RecipientStatus.DEFERRED == state.status
    assert 0 == state.attempts
    assert CIRCUMSTANCES.ended_at == settled.due_at
    assert settled.attempt is None


def test_a_dead_worker_with_the_mark_leaves_uncertainty_that_can_be_read(
    books: Bookkeeper,
) -> None:
    """Nobody knows, and the attempts say so."""
    settled = books.abandoned(delivery(), CIRCUMSTANCES, data_may_have_ended=True)

    [state] = settled.states
    assert RecipientStatus.UNCERTAIN == state.status
    assert 1 == state.attempts
    assert settled.attempt is not None
    assert AttemptOutcome.UNCERTAIN == settled.attempt.outcome


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ((), RecipientStatus.EXPIRED),
        ((GREYLISTED,), RecipientStatus.EXPIRED),
        ((LOST,), RecipientStatus.UNCERTAIN),
        ((LOST, GREYLISTED), RecipientStatus.UNCERTAIN),
    ],
)
def test_what_may_have_been_sent_never_expires(
    books: Bookkeeper, before: tuple[Outcome, ...], expected: RecipientStatus
) -> None:
    """`expired` claims that nothing went out; after an uncertain attempt that is not known."""
    current = with_states(delivery(), queued())
    for outcome in before:
        settled = books.attempted(current, (outcome,), CIRCUMSTANCES)
        current = with_states(current, *settled.states)

    settled = books.expired(current)

    assert expected == settled.states[0].status
    assert settled.due_at is None
    assert settled.states[0].cause is not None


def test_what_is_impossible_is_our_own_finding(books: Bookkeeper) -> None:
    """A message that cannot be written as RFC 5322 is never blamed on the relay."""
    finding = Finding(FindingCode.UNBUILDABLE, "header too long")

    settled = books.impossible(delivery(), finding, NOW)

    assert RecipientStatus.BOUNCED == settled.states[0].status
    assert finding == settled.states[0].cause
    assert settled.attempt is None
