"""The life of a recipient, as a table, and what it makes of the message.

1. `TRANSITIONS` is the whole lifecycle; a pair that is not in it is an error.
2. `sending` is not stored: a recipient that waits is `sending` while a worker
   holds a lease on its delivery.
3. The status of a message is the first of `MESSAGE_RULES` that fits. `scheduled`
   is not among them: that, a message is from its acceptance until its `send_at`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pillarbox.domain.outcome import Bounced, Deferred, Sent, Uncertain


class RecipientStatus(StrEnum):
    """What is known of one recipient (RFC 5321, RFC 3464 where they have a word)."""

    QUEUED = "queued"
    """Waits for its first attempt, or for the next one that the caller asked for."""
    SENDING = "sending"
    """A worker holds the lease."""
    DEFERRED = "deferred"
    """The last attempt met a 4yz, or no reply before the end of data."""
    SENT = "sent"
    """The relay has taken responsibility; not a claim that a mailbox has it."""
    BOUNCED = "bounced"
    """A 5yz, or impossible by our own finding."""
    UNCERTAIN = "uncertain"
    """Lost between the end of data and its reply."""
    EXPIRED = "expired"
    """Its lifetime passed first."""
    CANCELLED = "cancelled"
    """By the caller."""


class MessageStatus(StrEnum):
    """What is known of a message: the first that fits, in the order of `MESSAGE_RULES`."""

    SCHEDULED = "scheduled"
    """All wait for `send_at`."""
    SENDING = "sending"
    QUEUED = "queued"
    DEFERRED = "deferred"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    CANCELLED = "cancelled"
    FAILED = "failed"
    PARTIAL = "partial"


TERMINAL = frozenset(
    {
        RecipientStatus.SENT,
        RecipientStatus.BOUNCED,
        RecipientStatus.EXPIRED,
        RecipientStatus.CANCELLED,
    }
)
"""No attempt follows, ever, of itself."""

WAITING = frozenset({RecipientStatus.QUEUED, RecipientStatus.DEFERRED, RecipientStatus.UNCERTAIN})
"""An attempt may follow; `uncertain` only while it has a next attempt."""


class Event(StrEnum):
    """What moves a recipient that is not an attempt's outcome."""

    EXPIRE = "expire"
    """The lifetime passed, and no attempt ended in uncertainty."""
    EXPIRE_UNCERTAIN = "expire_uncertain"
    """The lifetime passed, and one did: `expired` would claim that nothing went out."""
    CANCEL = "cancel"
    """The caller wants no further attempt."""
    RETRY = "retry"
    """The caller wants an attempt now."""


_AFTER_AN_ATTEMPT: dict[type[Sent | Deferred | Bounced | Uncertain] | Event, RecipientStatus] = {
    Sent: RecipientStatus.SENT,
    Deferred: RecipientStatus.DEFERRED,
    Bounced: RecipientStatus.BOUNCED,
    Uncertain: RecipientStatus.UNCERTAIN,
}

TRANSITIONS: dict[
    RecipientStatus, dict[type[Sent | Deferred | Bounced | Uncertain] | Event, RecipientStatus]
] = {
    RecipientStatus.QUEUED: {
        **_AFTER_AN_ATTEMPT,
        Event.EXPIRE: RecipientStatus.EXPIRED,
        Event.EXPIRE_UNCERTAIN: RecipientStatus.UNCERTAIN,
        Event.CANCEL: RecipientStatus.CANCELLED,
    },
    RecipientStatus.DEFERRED: {
        **_AFTER_AN_ATTEMPT,
        Event.EXPIRE: RecipientStatus.EXPIRED,
        Event.EXPIRE_UNCERTAIN: RecipientStatus.UNCERTAIN,
        Event.CANCEL: RecipientStatus.CANCELLED,
        Event.RETRY: RecipientStatus.DEFERRED,
    },
    RecipientStatus.UNCERTAIN: {
        **_AFTER_AN_ATTEMPT,
        Event.EXPIRE_UNCERTAIN: RecipientStatus.UNCERTAIN,
        Event.CANCEL: RecipientStatus.CANCELLED,
        Event.RETRY: RecipientStatus.UNCERTAIN,
    },
    RecipientStatus.SENT: {},
    RecipientStatus.BOUNCED: {Event.RETRY: RecipientStatus.QUEUED},
    RecipientStatus.EXPIRED: {Event.RETRY: RecipientStatus.QUEUED},
    RecipientStatus.CANCELLED: {Event.RETRY: RecipientStatus.QUEUED},
}


def next_status(
    status: RecipientStatus, step: Sent | Deferred | Bounced | Uncertain | Event
) -> RecipientStatus:
    """Look the next status up; a step that the table does not have raises `KeyError`."""
    following = TRANSITIONS[status]
    return following[step if isinstance(step, Event) else type(step)]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one recipient stands: its stored status, and whether an attempt is scheduled."""

    status: RecipientStatus
    scheduled: bool


class Quantifier(StrEnum):
    """How many of a message's recipients a rule asks about."""

    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class MessageRule:
    """One line of the table: `status` if any, or all, recipients are among `standings`."""

    status: MessageStatus
    quantifier: Quantifier
    standings: frozenset[Standing]


_SCHEDULED_UNCERTAIN = Standing(RecipientStatus.UNCERTAIN, scheduled=True)
_HELD_UNCERTAIN = Standing(RecipientStatus.UNCERTAIN, scheduled=False)


def _either(status: RecipientStatus) -> frozenset[Standing]:
    return frozenset({Standing(status, scheduled=True), Standing(status, scheduled=False)})


MESSAGE_RULES: tuple[MessageRule, ...] = (
    MessageRule(MessageStatus.QUEUED, Quantifier.ANY, _either(RecipientStatus.QUEUED)),
    MessageRule(
        MessageStatus.DEFERRED,
        Quantifier.ANY,
        _either(RecipientStatus.DEFERRED) | {_SCHEDULED_UNCERTAIN},
    ),
    MessageRule(MessageStatus.UNCERTAIN, Quantifier.ANY, frozenset({_HELD_UNCERTAIN})),
    MessageRule(MessageStatus.SENT, Quantifier.ALL, _either(RecipientStatus.SENT)),
    MessageRule(MessageStatus.CANCELLED, Quantifier.ALL, _either(RecipientStatus.CANCELLED)),
    MessageRule(MessageStatus.PARTIAL, Quantifier.ANY, _either(RecipientStatus.SENT)),
)
"""In order; a message that none fits has `failed`: all its recipients ended and none is `sent`."""


def message_status(recipients: Iterable[Standing]) -> MessageStatus:
    """Roll the recipients up into the message's status, leaving `sending` to the reader."""
    standings = list(recipients)
    for rule in MESSAGE_RULES:
        fits = any if rule.quantifier is Quantifier.ANY else all
        if fits(standing in rule.standings for standing in standings):
            return rule.status
    return MessageStatus.FAILED
