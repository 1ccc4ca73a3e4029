"""What is written down of one attempt: one SMTP transaction of one message."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pillarbox.domain.address import Address
from pillarbox.domain.category import Category
from pillarbox.domain.outcome import Cause
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.status import RecipientStatus


class AttemptOutcome(StrEnum):
    """What an attempt came to, over all its recipients.

    `uncertain` if it is so for any of them; else `partial` when they differ.
    """

    SENT = "sent"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    UNCERTAIN = "uncertain"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Step:
    """One command and the reply to it; `reply` is None if none came. Credentials never."""

    command: Verb
    reply: Reply | None
    milliseconds: float
    recipient: Address | None = None


@dataclass(frozen=True, slots=True)
class OpeningStep:
    """A stage on the way to a session with a relay, from `connect` to `auth`."""

    stage: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """What an attempt travelled over; `host` is `name:port`, TLS fields None without TLS.

    `opening` says how the session was opened that the attempt was the first of;
    it is told and not kept.
    """

    host: str
    tls_version: str | None
    tls_cipher: str | None
    reused: bool
    opening: tuple[OpeningStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, whole. `connection` is None when the worker that knew it was lost."""

    relay: str
    started_at: datetime
    milliseconds: float
    outcome: AttemptOutcome
    steps: tuple[Step, ...]
    connection: ConnectionFacts | None


@dataclass(frozen=True, slots=True)
class RecipientState:
    """What is stored of one recipient's way so far.

    `next_attempt_at` is None once nothing more is scheduled. `attempts` counts
    those that spoke of this recipient; `uncertain_attempts` those among them
    whose end nobody knows.
    """

    position: int
    status: RecipientStatus
    attempts: int
    uncertain_attempts: int
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    cause: Cause | None = None
    category: Category | None = None
    relay: str | None = None
    host: str | None = None
