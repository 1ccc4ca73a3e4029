"""What is kept of a conversation for its readers: steps and facts, credentials never."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pillarbox.domain.address import Address
from pillarbox.domain.reply import Reply, Verb
from workers.smtp.errors import Stage


class Step(NamedTuple):
    """One command and the reply to it; `reply` is None if none came.

    `milliseconds` from the asking to the reply; in a pipelined group that
    counts the replies before it too.
    """

    verb: Verb
    reply: Reply | None
    milliseconds: float
    recipient: Address | None = None


class OpeningStep(NamedTuple):
    """One step on the way to a session, and how long it took; AUTH with all its exchanges."""

    stage: Stage
    milliseconds: float


class ClosedFor(StrEnum):
    """Why a connection of a pool ended."""

    STALE = "stale"
    """Kept, and the peer had given it up, or did so before it took anything."""
    IDLE = "idle"
    """Kept, and needed by nobody for too long."""
    WORN = "worn"
    """It has carried or lasted as much as one may."""
    FAILED = "failed"
    """In use: the peer ended it, or it broke, or we had to."""
    SHUTDOWN = "shutdown"
    """The pool is closed."""


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What a transaction travelled over; the TLS fields are None without TLS.

    `host` is `name:port`; `reused` whether the connection had been used before
    this transaction; `capabilities` the EHLO keywords in force, upper case;
    `opening` how the session was opened, if this is the first that it carries.
    """

    host: str
    tls_version: str | None
    tls_cipher: str | None
    reused: bool
    capabilities: tuple[str, ...]
    opening: tuple[OpeningStep, ...] = ()
