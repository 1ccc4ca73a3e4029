"""Acceptance: from a checked submission to a committed message.

1. What is answered has been committed; nothing else is answered.
2. Whatever comes after the commit (waking a worker) may fail in silence: the
   committed row is the outbox, and the sweep finds it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pillarbox.domain.errors import IdempotencyKeyReusedError
from pillarbox.domain.key import ApiKey
from pillarbox.domain.message import AcceptedMessage, Submission, TraceContext
from pillarbox.flows.compose import Composer, authorize
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceObserver,
    AcceptanceResult,
    Committed,
    Idempotency,
    KeyReused,
    Replayed,
    SharedStore,
    Waker,
)


@dataclass(frozen=True, slots=True)
class IdempotencyRequest:
    """A caller's Idempotency-Key, and the SHA-256 of the route and the validated submission."""

    key: str
    request_sha256: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of the 202; `message` is None when it was remembered from an earlier call."""

    body: bytes
    message: AcceptedMessage | None

    @property
    def replayed(self) -> bool:
        """Whether an earlier call with the same Idempotency-Key got this answer first."""
        return self.message is None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that only wants to be committed, and the body of the 202 that follows."""

    acceptance: Acceptance
    body: bytes


class Acceptor:
    """The use case behind `POST /v1/messages`."""

    def __init__(
        self,
        *,
        store: SharedStore,
        waker: Waker,
        observer: AcceptanceObserver,
        composer: Composer,
    ) -> None:
        self._store = store
        self._waker = waker
        self._observer = observer
        self._composer = composer

    def __call__(
        self,
        submission: Submission,
        *,
        key: ApiKey,
        render: Callable[[AcceptedMessage], bytes],
        idempotency: IdempotencyRequest | None = None,
        trace: TraceContext | None = None,
    ) -> Answer:
        """Commit a submission and return the answer to its caller.

        `render` makes the answer's body from the message; it is remembered
        under the Idempotency-Key and repeated to the letter. Raises
        `InvalidInputError` for what has passed, `ScopeMissingError`,
        `SenderNotAllowedError`, `MessageTooLargeError`, `IdempotencyKeyReusedError`,
        `IdempotencyKeyBusyError` and `StoreUnavailableError`; after the last one nothing is known.
        """
        authorize(submission, key)
        if idempotency is not None:
            known = self._store.replay(key.id, idempotency.key, idempotency.request_sha256)
            if known is not None:
                return _raised(self._repeat(known))
        prepared = self.prepare(
            submission, key=key, render=render, idempotency=idempotency, trace=trace
        )
        [outcome] = self.commit([prepared])
        return _raised(outcome)

    def prepare(
        self,
        submission: Submission,
        *,
        key: ApiKey,
        render: Callable[[AcceptedMessage], bytes],
        idempotency: IdempotencyRequest | None = None,
        trace: TraceContext | None = None,
    ) -> Prepared:
        """Make the message of a submission; the store is not asked for anything.

        Raises as a call does, but for an Idempotency-Key's and the store's errors:
        those are `commit`'s. What has passed may have been accepted in time under
        its Idempotency-Key; a call looks that up first.
        """
        authorize(submission, key)
        message = self._composer(submission, key=key, trace=trace)
        body = render(message)
        remembered = (
            Idempotency(idempotency.key, idempotency.request_sha256, body) if idempotency else None
        )
        return Prepared(Acceptance(message, remembered), body)

    def commit(self, prepared: Sequence[Prepared]) -> list[Answer | Exception]:
        """Commit messages that have nothing to do with one another; each its answer or error."""
        results = self._store.accept_each([each.acceptance for each in prepared])
        return [self._answer(each, result) for each, result in zip(prepared, results, strict=True)]

    def _answer(
        self, prepared: Prepared, result: AcceptanceResult | Exception
    ) -> Answer | Exception:
        if isinstance(result, Exception):
            return result
        if not isinstance(result, Committed):
            return self._repeat(result)
        message = prepared.acceptance.message
        for route in {part.route: None for part in message.parts()}:
            self._waker.wake(route)
        self._observer.accepted(message)
        return Answer(prepared.body, message)

    def _repeat(self, known: Replayed | KeyReused) -> Answer | Exception:
        if isinstance(known, KeyReused):
            return IdempotencyKeyReusedError()
        self._observer.replayed()
        return Answer(known.response, message=None)


def _raised(outcome: Answer | Exception) -> Answer:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
