"""Acceptance: from a checked submission to a committed message.

1. What is answered has been committed; nothing else is answered.
2. Whatever comes after the commit (waking a worker) may fail in silence: the
   committed row is the outbox, and the sweep finds it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.domain.errors import IdempotencyKeyReusedError
from pillarbox.domain.key import ApiKey
from pillarbox.domain.message import AcceptedMessage, Submission, TraceContext
from pillarbox.flows.compose import Composer, authorize
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceObserver,
    AcceptanceStore,
    Committed,
    Idempotency,
    KeyReused,
    Replayed,
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


class Acceptor:
    """The use case behind `POST /v1/messages`."""

    def __init__(
        self,
        *,
        store: AcceptanceStore,
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
                return self._repeat(known)
        message = self._composer(submission, key=key, trace=trace)
        body = render(message)
        remembered = (
            Idempotency(idempotency.key, idempotency.request_sha256, body) if idempotency else None
        )
        [result] = self._store.accept([Acceptance(message, remembered)])
        if not isinstance(result, Committed):
            return self._repeat(result)
        for route in {part.route: None for part in message.parts()}:
            self._waker.wake(route)
        self._observer.accepted(message)
        return Answer(body, message)

    def _repeat(self, known: Replayed | KeyReused) -> Answer:
        if isinstance(known, KeyReused):
            raise IdempotencyKeyReusedError
        self._observer.replayed()
        return Answer(known.response, message=None)
