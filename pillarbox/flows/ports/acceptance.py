from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pillarbox.domain.ids import KeyId
from pillarbox.domain.message import AcceptedMessage, Route


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


class SharedStore(Protocol):
    """T1 for callers that have nothing to do with one another."""

    def accept_each(self, batch: Sequence[Acceptance]) -> list[AcceptanceResult | Exception]:
        """Commit what can be committed; for each its result, or the error that is its alone.

        Of a `StoreUnavailableError` nothing is known; with any other nothing of that
        message is stored.
        """

    def replay(self, key_id: KeyId, key: str, request_sha256: bytes) -> Replayed | KeyReused | None:
        """Look an Idempotency-Key up before any work is done for its request."""


class BatchStore(Protocol):
    """T1 for a batch: one transaction, whatever its size."""

    def accept(self, batch: Sequence[Acceptance], *, whole: bool = False) -> list[AcceptanceResult]:
        """Commit a batch as `AcceptanceStore` does.

        `whole`: all or nothing; `IdempotencyKeyReusedError` if one says so of a key.
        """

    def replays(
        self, key_id: KeyId, wanted: Mapping[str, bytes]
    ) -> dict[str, Replayed | KeyReused]:
        """Look Idempotency-Keys up, each with its request's SHA-256; those that are known."""


class Waker(Protocol):
    """Tells workers that something is due; never blocks, never fails its caller."""

    def wake(self, route: Route) -> None:
        """Publish a wake-up for the relay and lane unless one is pending."""

    def insist(self, route: Route) -> None:
        """Publish a wake-up whether or not one is pending: one that is may be lost."""


class AcceptanceObserver(Protocol):
    """Who is told what was accepted, to count it and to log it; never fails its caller."""

    def accepted(self, message: AcceptedMessage) -> None:
        """Note that a message was committed."""

    def accepted_batch(self, count: int) -> None:
        """Note that so many messages were committed together."""

    def replayed(self) -> None:
        """Note that an earlier answer was repeated."""
