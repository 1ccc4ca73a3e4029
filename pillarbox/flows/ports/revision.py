"""What a caller may change of messages that are under way, or have ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import RecipientState
from pillarbox.domain.ids import BatchId, KeyId, MessageId
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import ChosenRoute, Route


@dataclass(frozen=True, slots=True)
class StoredRecipient:
    """A recipient as it stands.

    `held`: a worker has it, or had it when it died, and nobody else changes it.
    `travels`: a delivery that nobody holds waits for it or for its companions.
    """

    address: Address
    state: RecipientState
    held: bool
    travels: bool


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it stands, `now` on the database's clock, nobody else changing it meanwhile.

    `relay` is the one that its caller named. Without `has_content` there is
    nothing left to send.
    """

    id: MessageId
    key_id: KeyId
    priority: Lane
    relay: str | None
    tags: tuple[str, ...]
    envelope_sender: Address
    expires_at: datetime
    has_content: bool
    now: datetime
    recipients: tuple[StoredRecipient, ...]


@dataclass(frozen=True, slots=True)
class Departure:
    """Recipients, by their positions, that need a delivery of their own, and the way it takes."""

    chosen: ChosenRoute
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """What is to change: states, and what follows from them. `expires_at` None: as it was."""

    states: tuple[RecipientState, ...]
    departures: tuple[Departure, ...] = ()
    expires_at: datetime | None = None


Decision = Callable[[StoredMessage], Revision | None]
"""Says what to change of a message, None for nothing; may be asked again, and does nothing else."""


@dataclass(frozen=True, slots=True)
class Revised:
    """What came of it: the messages that were there, what changed of which, what is due now."""

    found: int
    revisions: tuple[tuple[MessageId, Revision], ...]
    due: tuple[Route, ...]


class RevisionStore(Protocol):
    """Where messages are changed by their callers."""

    def revise(self, messages: Sequence[MessageId], key: KeyId | None, decide: Decision) -> Revised:
        """Change those of a key (None: of any) in one transaction; what `decide` raises ends it."""

    def batch(self, batch: BatchId, key: KeyId | None) -> list[MessageId]:
        """List a batch's messages, oldest first."""


class RevisionObserver(Protocol):
    """Who is told what callers changed; never fails its caller."""

    def cancelled(self, message: MessageId, recipients: int) -> None:
        """Note that nothing more is tried for so many recipients."""

    def retried(self, message: MessageId, recipients: int) -> None:
        """Note that so many recipients are due now."""
