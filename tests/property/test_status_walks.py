"""Walks through the life of a recipient, and what they make of the message."""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.domain.outcome import (
    Bounced,
    Deferred,
    Finding,
    FindingCode,
    Outcome,
    Sent,
    Uncertain,
)
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.status import (
    TERMINAL,
    TRANSITIONS,
    Event,
    MessageStatus,
    RecipientStatus,
    Standing,
    message_status,
    next_status,
)

_REPLY = Reply(250, "Ok", Verb.END_OF_DATA)
_FINDING = Finding(FindingCode.REPLY_LOST, "lost")
_STEPS: list[Outcome | Event] = [
    Sent(_REPLY),
    Deferred(_REPLY),
    Bounced(_REPLY),
    Uncertain(_FINDING),
    *Event,
]
_STORED = [status for status in RecipientStatus if status is not RecipientStatus.SENDING]


@given(st.lists(st.sampled_from(_STEPS), max_size=20))
def test_a_walk_never_leaves_the_table_and_never_leaves_an_end(
    steps: list[Outcome | Event],
) -> None:
    """What has ended stays as it is: no step follows a terminal status but a caller's own word."""
    status = RecipientStatus.QUEUED
    for step in steps:
        kind = step if isinstance(step, Event) else type(step)
        if kind not in TRANSITIONS[status]:
            continue
        assert status not in TERMINAL or step is Event.RETRY
        status = next_status(status, step)
        assert status in TRANSITIONS


_STANDINGS = st.builds(Standing, st.sampled_from(_STORED), st.booleans())


ENDED = {
    MessageStatus.SENT,
    MessageStatus.CANCELLED,
    MessageStatus.FAILED,
    MessageStatus.PARTIAL,
}


@given(st.lists(_STANDINGS, min_size=1, max_size=6))
def test_a_message_has_ended_only_when_all_of_its_recipients_have(
    standings: list[Standing],
) -> None:
    """`sent`, `failed` and `partial` promise that nothing more happens."""
    status = message_status(standings)

    ended = all(standing.status in TERMINAL for standing in standings)
    assert ended == (status in ENDED)


@given(st.lists(_STANDINGS, min_size=1, max_size=6))
def test_the_order_of_recipients_does_not_matter(standings: list[Standing]) -> None:
    """A message's status is a question about a set."""
    assert message_status(standings) == message_status(reversed(standings))


@given(st.lists(_STANDINGS, min_size=1, max_size=6))
def test_sent_means_that_every_recipient_was_sent(standings: list[Standing]) -> None:
    """A message is `sent` if all are; `partial` and `failed` tell of the others."""
    every = all(standing.status is RecipientStatus.SENT for standing in standings)

    assert every == (message_status(standings) is MessageStatus.SENT)
