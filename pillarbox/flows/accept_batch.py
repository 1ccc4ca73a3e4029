"""Acceptance of many messages at once: one transaction, one wake-up for each route.

1. Each message stands alone, unless the caller wants all or nothing.
2. Item `i` of a batch has the Idempotency-Key `<key>#i`: what was accepted by an
   earlier call is answered again, and what is accepted now joins its batch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pillarbox.domain.errors import (
    BatchRefusedError,
    BatchTooLargeError,
    IdempotencyKeyReusedError,
    PillarboxError,
    ScopeMissingError,
)
from pillarbox.domain.ids import BatchId
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.domain.message import AcceptedMessage, Submission, TraceContext
from pillarbox.flows.accept import IdempotencyRequest
from pillarbox.flows.compose import Composer, authorize
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceObserver,
    BatchStore,
    Committed,
    Idempotency,
    KeyReused,
    Replayed,
    Waker,
)


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One message of a batch, checked; or what is wrong with it."""

    submission: Submission | PillarboxError
    idempotency: IdempotencyRequest | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What became of each message, in order: what was remembered of it, or what is wrong with it.

    `accepted` counts the former, `replayed` those among them that an earlier call had accepted.
    """

    batch_id: BatchId
    results: tuple[bytes | PillarboxError, ...]
    accepted: int
    replayed: int


@dataclass(frozen=True, slots=True)
class BatchWords:
    """How an item's answer is written and remembered, and read again."""

    render: Callable[[AcceptedMessage], bytes]
    batch_of: Callable[[bytes], BatchId]


class BatchAcceptor:
    """The use case behind `POST /v1/messages/batch`; `max_length` bounds its texts together."""

    def __init__(
        self,
        *,
        store: BatchStore,
        waker: Waker,
        observer: AcceptanceObserver,
        composer: Composer,
        new_id: Callable[[], BatchId],
        max_length: int,
    ) -> None:
        self._store = store
        self._waker = waker
        self._observer = observer
        self._composer = composer
        self._new_id = new_id
        self._max_length = max_length

    def __call__(
        self,
        items: Sequence[BatchItem],
        *,
        key: ApiKey,
        words: BatchWords,
        atomic: bool = False,
        trace: TraceContext | None = None,
    ) -> BatchAnswer:
        """Commit what can be committed of a batch, or with `atomic` all of it.

        Raises `BatchRefusedError` if that is nothing, `ScopeMissingError`,
        `BatchTooLargeError`, `IdempotencyKeyReusedError` (only if `atomic`),
        `IdempotencyKeyBusyError` and `StoreUnavailableError`.
        """
        if not key.may(Scope.SEND):
            raise ScopeMissingError(Scope.SEND)
        results = self._known(items, key)
        replayed = [each for each in results.values() if isinstance(each, bytes)]
        batch_id = words.batch_of(replayed[0]) if replayed else self._new_id()
        composed: dict[int, AcceptedMessage] = {}
        for index, item in enumerate(items):
            if index in results:
                continue
            made = self._composed(item, key, trace, batch_id)
            if isinstance(made, AcceptedMessage):
                composed[index] = made
            else:
                results[index] = made
        refused = _refused(results)
        if len(refused) == len(items) or (atomic and refused):
            raise BatchRefusedError(refused, len(items))
        self._measure(composed.values())
        accepted = self._commit(items, composed, results, words, whole=atomic)
        replayed = [
            each
            for index, each in results.items()
            if isinstance(each, bytes) and index not in accepted
        ]
        if not accepted and not replayed:
            raise BatchRefusedError(_refused(results), len(items))
        return BatchAnswer(
            batch_id if accepted else words.batch_of(replayed[0]),
            tuple(results[index] for index in range(len(items))),
            len(accepted) + len(replayed),
            len(replayed),
        )

    def _known(self, items: Sequence[BatchItem], key: ApiKey) -> dict[int, bytes | PillarboxError]:
        """Look up what earlier calls were answered: before anything that depends on the clock."""
        named = {
            item.idempotency.key: (index, item.idempotency.request_sha256)
            for index, item in enumerate(items)
            if item.idempotency is not None
        }
        if not named:
            return {}
        wanted = {name: request for name, (_, request) in named.items()}
        known = self._store.replays(key.id, wanted)
        return {named[name][0]: self._repeated(each) for name, each in known.items()}

    def _composed(
        self, item: BatchItem, key: ApiKey, trace: TraceContext | None, batch_id: BatchId
    ) -> AcceptedMessage | PillarboxError:
        if isinstance(item.submission, PillarboxError):
            return item.submission
        try:
            authorize(item.submission, key)
            return self._composer(item.submission, key=key, trace=trace, batch_id=batch_id)
        except PillarboxError as error:
            return error

    def _measure(self, messages: Iterable[AcceptedMessage]) -> None:
        """Refuse what a few octets of `defaults` would multiply; attachments are kept once."""
        if sum(message.content.own_length for message in messages) > self._max_length:
            raise BatchTooLargeError(self._max_length)

    def _commit(
        self,
        items: Sequence[BatchItem],
        composed: Mapping[int, AcceptedMessage],
        results: dict[int, bytes | PillarboxError],
        words: BatchWords,
        *,
        whole: bool,
    ) -> set[int]:
        """Commit what was made, note the answers, and return whose messages are new."""
        if not composed:
            return set()
        bodies = {index: words.render(message) for index, message in composed.items()}
        outcomes = self._store.accept(
            [
                Acceptance(message, _remembered(items[index], bodies[index]))
                for index, message in composed.items()
            ],
            whole=whole,
        )
        accepted: set[int] = set()
        for index, outcome in zip(composed, outcomes, strict=True):
            if isinstance(outcome, Committed):
                results[index] = bodies[index]
                accepted.add(index)
            else:
                results[index] = self._repeated(outcome)
        for route in {part.route: None for index in accepted for part in composed[index].parts()}:
            self._waker.wake(route)
        self._observer.accepted_batch(len(accepted))
        return accepted

    def _repeated(self, known: Replayed | KeyReused) -> bytes | PillarboxError:
        if isinstance(known, KeyReused):
            return IdempotencyKeyReusedError()
        self._observer.replayed()
        return known.response


def _remembered(item: BatchItem, body: bytes) -> Idempotency | None:
    asked = item.idempotency
    return None if asked is None else Idempotency(asked.key, asked.request_sha256, body)


def _refused(results: Mapping[int, bytes | PillarboxError]) -> dict[int, PillarboxError]:
    """Return what was refused, in order."""
    return {
        index: each
        for index, each in sorted(results.items(), key=lambda one: one[0])
        if isinstance(each, PillarboxError)
    }
