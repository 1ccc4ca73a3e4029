from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pillarbox.domain.errors import IdempotencyKeyBusyError, StoreUnavailableError
from pillarbox.domain.ids import KeyId
from pillarbox.domain.message import AcceptedMessage, Route
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceResult,
    Committed,
    KeyReused,
    Replayed,
)


@dataclass
class FakeAcceptanceStore:
    """Keeps what it is given; `away` and `busy` make it fail as a real one does."""

    messages: list[AcceptedMessage] = field(default_factory=list)
    remembered: dict[tuple[KeyId, str], tuple[bytes, bytes]] = field(default_factory=dict)
    calls: list[int] = field(default_factory=list)
    away: bool = False
    busy: bool = False
    keep: bool = True

    def accept(self, batch: Sequence[Acceptance], *, whole: bool = False) -> list[AcceptanceResult]:
        if self.away:
            raise StoreUnavailableError
        self.calls.append(len(batch))
        return [self._accept(each) for each in batch]

    def accept_each(self, batch: Sequence[Acceptance]) -> list[AcceptanceResult | Exception]:
        try:
            return [*self.accept(batch)]
        except StoreUnavailableError as error:
            return [error] * len(batch)

    def replays(
        self, key_id: KeyId, wanted: Mapping[str, bytes]
    ) -> dict[str, Replayed | KeyReused]:
        found = {name: self.replay(key_id, name, request) for name, request in wanted.items()}
        return {name: each for name, each in found.items() if each is not None}

    def _accept(self, acceptance: Acceptance) -> AcceptanceResult:
        message, idempotency = acceptance.message, acceptance.idempotency
        if idempotency is not None:
            known = self.replay(message.key_id, idempotency.key, idempotency.request_sha256)
            if known is not None:
                return known
            self.remembered[message.key_id, idempotency.key] = (
                idempotency.request_sha256,
                idempotency.response,
            )
        if self.keep:
            self.messages.append(message)
        return Committed()

    def replay(self, key_id: KeyId, key: str, request_sha256: bytes) -> Replayed | KeyReused | None:
        if self.busy:
            raise IdempotencyKeyBusyError
        known = self.remembered.get((key_id, key))
        if known is None:
            return None
        return Replayed(known[1]) if known[0] == request_sha256 else KeyReused()


@dataclass
class FakeWaker:
    """Remembers what it was asked to wake."""

    woken: list[Route] = field(default_factory=list)
    keep: bool = True

    def wake(self, route: Route) -> None:
        if self.keep:
            self.woken.append(route)

    def insist(self, route: Route) -> None:
        self.wake(route)


@dataclass
class FakeAcceptanceObserver:
    """Counts what it is told."""

    messages: list[AcceptedMessage] = field(default_factory=list)
    replays: int = 0
    batches: list[int] = field(default_factory=list)

    def accepted(self, message: AcceptedMessage) -> None:
        self.messages.append(message)

    def accepted_batch(self, count: int) -> None:
        self.batches.append(count)

    def replayed(self) -> None:
        self.replays += 1
