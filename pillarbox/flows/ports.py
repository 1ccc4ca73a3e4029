"""What the use cases need from the world; the adapters fulfil these by shape.

1. Every method of a store is one transaction, committed when it returns.
2. Leases and due times are on the database's clock; nothing else is.
3. A store that does not answer raises `StoreUnavailableError`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import Attempt, ConnectionFacts, RecipientState, Step
from pillarbox.domain.ids import ClaimId, KeyId, MessageId
from pillarbox.domain.key import ApiKey
from pillarbox.domain.message import AcceptedMessage, Content, Route, TraceContext
from pillarbox.domain.outcome import Outcome


class Clock(Protocol):
    """The time of day, time zone aware, UTC."""

    def __call__(self) -> datetime:
        """Return now."""


# --- acceptance ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A caller's Idempotency-Key, what it was used for, and the answer to repeat."""

    key: str
    request_sha256: bytes
    response: bytes


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One message to commit, with the Idempotency-Key that goes into the same transaction."""

    message: AcceptedMessage
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """The message is in the store."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The Idempotency-Key was used before for the same request; nothing was stored."""

    response: bytes


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The Idempotency-Key was used before for another request; nothing was stored."""


AcceptanceResult = Committed | Replayed | KeyReused


class AcceptanceStore(Protocol):
    """T1: where messages are committed."""

    def accept(self, batch: Sequence[Acceptance]) -> list[AcceptanceResult]:
        """Commit a batch in one transaction; one result each, in order.

        An Idempotency-Key that is there already never aborts its neighbours,
        also when two of the batch carry the same one. Raises
        `IdempotencyKeyBusyError` if another transaction holds a key too long.
        """

    def replay(self, key_id: KeyId, key: str, request_sha256: bytes) -> Replayed | KeyReused | None:
        """Look an Idempotency-Key up before any work is done for its request."""


class Waker(Protocol):
    """Tells workers that something is due; never blocks, never fails its caller."""

    def wake(self, route: Route) -> None:
        """Publish a wake-up for the relay and lane unless one is pending."""


# --- claims -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """The part of one message that takes one route, as a worker claims it.

    `place` is its place in the claim, from 0. `recipients` are those that are
    due, `states` runs parallel to it; `others_due_at` is when the first of the
    rest is due, None if none is. `size` is an upper bound of the built message.
    """

    message_id: MessageId
    part: int
    place: int
    envelope_sender: Address
    recipients: tuple[Address, ...]
    states: tuple[RecipientState, ...]
    others_due_at: datetime | None
    size: int
    created_at: datetime
    expires_at: datetime
    trace: TraceContext | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's lease on a batch. `id` is the fencing token of all that follows.

    `claimed_at` is the database's clock when the claim was made. `data_through`
    is the last place whose data may have ended (None: none has), which a claim
    that was taken over from a dead worker brings along. `more` says that due
    deliveries were left behind.
    """

    id: ClaimId
    route: Route
    claimed_at: datetime
    deliveries: tuple[ClaimedDelivery, ...]
    more: bool
    data_through: int | None = None


@dataclass(frozen=True, slots=True)
class DeliverySettlement:
    """What became of one claimed delivery.

    `due_at` is when it must be claimed again; None ends it. `attempt` is None
    where none was made (it expired, or its worker died before the end of data).
    """

    delivery: ClaimedDelivery
    states: tuple[RecipientState, ...]
    due_at: datetime | None
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class SettleResult:
    """`held`: the claim was still ours and everything is written; else nothing is.

    `data_begun`: the mark for the next group was set with it.
    """

    held: bool
    data_begun: bool


class ClaimStore(Protocol):
    """T2 and T3: claims, their marks and leases, and what comes of them."""

    def claim(self, route: Route, *, worker: str, lease: timedelta, limit: int) -> Claim | None:
        """Claim due deliveries of one route, a fair share for each key; None if none is due."""

    def contents(self, ids: Sequence[MessageId]) -> dict[MessageId, Content]:
        """Load what the bytes of these messages are made from."""

    def begin_data(self, claim: ClaimId, through: int) -> bool:
        """Mark that the data of places up to `through` may end; False if the lease is gone."""

    def renew(self, claims: Sequence[ClaimId], lease: timedelta) -> set[ClaimId]:
        """Extend the leases that have not run out, and return those."""

    def settle(
        self,
        claim: ClaimId,
        deliveries: Sequence[DeliverySettlement],
        *,
        begin_data_through: int | None = None,
    ) -> SettleResult:
        """Write what became of deliveries, fenced by the claim; mark the next group with it."""

    def hand_back(self, claim: ClaimId) -> None:
        """End a claim: what it still holds is as it was before, and due."""

    def take_over(self, *, worker: str, lease: timedelta) -> Claim | None:
        """Move what a dead claim (its lease ran out) still holds into a claim of one's own."""

    def claim_expired(self, *, worker: str, lease: timedelta, limit: int) -> Claim | None:
        """Claim deliveries of any route whose lifetime has passed; `route` is then the first's."""

    def due_routes(self) -> list[Route]:
        """Every route with something due that nobody holds."""


# --- transport ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message ready for the wire."""

    delivery: ClaimedDelivery
    content: bytes


@dataclass(frozen=True, slots=True)
class Transmission:
    """What one SMTP transaction came to: an outcome for each recipient of the parcel, in order."""

    parcel: Parcel
    outcomes: tuple[Outcome, ...]
    steps: tuple[Step, ...]
    connection: ConnectionFacts
    milliseconds: float


class Line(Protocol):
    """A connection to a relay, checked out for one batch."""

    def send(
        self, parcels: Sequence[Parcel], before_end_of_data: Callable[[], bool]
    ) -> list[Transmission]:
        """Carry a group, and return what became of those that were tried, in order.

        `before_end_of_data` is asked once, before the first end of data; if it
        answers False, the connection is closed without ending any. Parcels that
        were not tried (the connection was lost before them, and no fresh one
        could be had) are left out of the result.
        """


class Transport(Protocol):
    """The way to the relays."""

    def checkout(self, relay: str) -> Line | None:
        """Reserve a place and open or reuse a connection; None if the relay has none now."""

    def give_back(self, line: Line) -> None:
        """Return the connection; it may be kept for the next."""


class Builder(Protocol):
    """Writes content as RFC 5322 bytes; raises `ValueError` for what cannot be written."""

    def __call__(self, content: Content) -> bytes:
        """Build."""


# --- keys ---------------------------------------------------------------------------------


class KeyStore(Protocol):
    """API keys."""

    def find(self, key: KeyId) -> ApiKey | None:
        """Look a key up, revoked or not."""

    def add(self, key: ApiKey) -> bool:
        """Store a key; False if one with its id is there already."""

    def all(self) -> list[ApiKey]:
        """Every key, newest first."""

    def revoke(self, key: KeyId, at: datetime) -> bool:
        """Revoke a key; False if there is none that is not revoked."""


# --- reading ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecipientView:
    """A recipient as a caller sees it."""

    email: str
    kind: str
    state: RecipientState


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as a caller sees it: everything but bodies."""

    id: MessageId
    key_id: KeyId
    status: str
    created_at: datetime
    expires_at: datetime
    internet_message_id: str
    sender: str
    envelope_sender: str
    subject: str
    tags: tuple[str, ...]
    metadata: Mapping[str, str]
    size: int
    recipients: tuple[RecipientView, ...]


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages a list shows; None asks nothing. Times are `after <= t < before`."""

    key_id: KeyId | None = None
    status: str | None = None
    recipient: str | None = None
    recipient_status: str | None = None
    sender: str | None = None
    tags: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None


class MessageReader(Protocol):
    """Messages as their callers ask for them; a key sees its own, `None` sees all."""

    def message(self, message: MessageId, key: KeyId | None) -> MessageView | None:
        """Look one up."""

    def messages(
        self, wanted: MessageFilter, *, limit: int, before: MessageId | None
    ) -> list[MessageView]:
        """List newest first, those older than `before`."""

    def attempts(self, message: MessageId, key: KeyId | None) -> list[Attempt] | None:
        """List the attempts of one message, oldest first; None if there is no such message."""

    def content(self, message: MessageId, key: KeyId | None) -> Content | None:
        """Load what the bytes of one message are made from."""


class Ping(Protocol):
    """A dependency that can be asked whether it is there."""

    def __call__(self) -> None:
        """Return if it answers; raise what is wrong if not."""
