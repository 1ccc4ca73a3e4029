"""What one attempt means for one recipient.

`Sent | Deferred | Bounced | Uncertain` is closed: match on it and end with
`assert_never`, so that a new outcome fails the type check wherever it is
forgotten.
"""

from dataclasses import dataclass
from enum import StrEnum

from pillarbox.domain.reply import Reply


class FindingCode(StrEnum):
    """What Pillarbox itself can find to stand in a recipient's way; stable, shown to callers."""

    CONNECTION_LOST = "connection_lost"
    """The connection ended, or a reply did not come in time, before the end of data."""
    REPLY_LOST = "reply_lost"
    """The connection ended, or the reply did not come, after the end of data."""
    WORKER_LOST = "worker_lost"
    """The worker's lease ran out; it may have died."""
    PROTOCOL_ERROR = "protocol_error"
    """What came back was no SMTP reply, or answered nothing."""
    MESSAGE_TOO_LARGE = "message_too_large"
    """Larger than the relay's SIZE (RFC 1870)."""
    SMTPUTF8_UNAVAILABLE = "smtputf8_unavailable"
    """A non-ASCII local part, and a relay without SMTPUTF8 (RFC 6531)."""
    EIGHT_BIT_UNAVAILABLE = "eight_bit_unavailable"
    """8-bit content, and a relay without 8BITMIME (RFC 6152)."""
    UNBUILDABLE = "unbuildable"
    """The message cannot be written as RFC 5322; a fault of ours."""
    LIFETIME_PASSED = "lifetime_passed"
    """The time within which the message was worth sending ended first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What we found ourselves; never written down as a server's reply."""

    code: FindingCode
    detail: str


Cause = Reply | Finding


@dataclass(frozen=True, slots=True)
class Sent:
    """The relay answered 2yz to the end of data: it has taken responsibility (RFC 5321 6.1)."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: a 4yz, or no reply before the end of data."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Bounced:
    """Not ever: a 5yz, or impossible by our own finding."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The data may have ended and no reply came: nobody knows (RFC 5321 6.1, RFC 1047)."""

    cause: Finding


Outcome = Sent | Deferred | Bounced | Uncertain
