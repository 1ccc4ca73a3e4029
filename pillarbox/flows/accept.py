"""Acceptance: from a checked submission to a committed message.

1. What is answered has been committed; nothing else is answered.
2. Whatever comes after the commit (waking a worker) may fail in silence: the
   committed row is the outbox, and the sweep finds it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pillarbox.domain.errors import (
    Fault,
    IdempotencyKeyReusedError,
    MessageTooLargeError,
    ScopeMissingError,
    SenderNotAllowedError,
)
from pillarbox.domain.ids import MessageId
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import (
    AcceptedMessage,
    ChosenRoute,
    Content,
    Recipient,
    Route,
    Submission,
    TraceContext,
)
from pillarbox.domain.routing import Routing
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


@dataclass(frozen=True, slots=True)
class AcceptanceRules:
    """What acceptance holds a message to: its lifetime, and its size once encoded, in octets."""

    lifetime: timedelta
    max_message_bytes: int


class Acceptor:
    """The use case behind `POST /v1/messages`."""

    def __init__(
        self,
        *,
        store: AcceptanceStore,
        waker: Waker,
        observer: AcceptanceObserver,
        routing: Routing,
        new_id: Callable[[], tuple[MessageId, datetime]],
        measure: Callable[[Content], int],
        make_message_id: Callable[[str, str], str],
        rules: AcceptanceRules,
    ) -> None:
        self._store = store
        self._waker = waker
        self._observer = observer
        self._routing = routing
        self._new_id = new_id
        self._measure = measure
        self._make_message_id = make_message_id
        self._rules = rules

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
        `ScopeMissingError`, `SenderNotAllowedError`, `MessageTooLargeError`,
        `IdempotencyKeyReusedError`, `IdempotencyKeyBusyError` and
        `StoreUnavailableError`; after the last one nothing is known.
        """
        _authorize(submission, key)
        if idempotency is not None:
            known = self._store.replay(key.id, idempotency.key, idempotency.request_sha256)
            if known is not None:
                return self._repeat(known)
        message = self._compose(submission, key, trace)
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

    def _compose(
        self, submission: Submission, key: ApiKey, trace: TraceContext | None
    ) -> AcceptedMessage:
        message_id, created_at = self._new_id()
        content = Content(
            message_id=message_id,
            internet_message_id=submission.message_id
            or self._make_message_id(message_id, submission.sender.address.domain),
            date=created_at,
            sender=submission.sender,
            to=submission.to,
            cc=submission.cc,
            reply_to=submission.reply_to,
            subject=submission.subject,
            text=submission.text,
            html=submission.html,
            headers=submission.headers,
            attachments=submission.attachments,
        )
        size = self._measure(content)
        if size > self._rules.max_message_bytes:
            raise MessageTooLargeError(self._rules.max_message_bytes)
        addresses = [mailbox.address for _, mailbox in submission.recipients()]
        return AcceptedMessage(
            id=message_id,
            key_id=key.id,
            created_at=created_at,
            expires_at=created_at + self._rules.lifetime,
            envelope_sender=submission.envelope_sender,
            recipients=tuple(
                Recipient(position, kind, mailbox.address)
                for position, (kind, mailbox) in enumerate(submission.recipients())
            ),
            routes=tuple(
                ChosenRoute(Route(choice.relay, Lane.NORMAL), choice.fallbacks)
                for choice in self._routing.choose(submission, addresses, key.id)
            ),
            content=content,
            tags=submission.tags,
            metadata=submission.metadata,
            size=size,
            trace=trace,
        )


def _authorize(submission: Submission, key: ApiKey) -> None:
    if not key.may(Scope.SEND):
        raise ScopeMissingError(Scope.SEND)
    claimed = [("#/from", submission.sender.address)]
    if submission.return_path is not None:
        claimed.append(("#/return_path", submission.return_path))
    refused = tuple(
        Fault(pointer, "sender.not_allowed", f"this key may not send as {address}")
        for pointer, address in claimed
        if not key.may_send_as(address)
    )
    if refused:
        raise SenderNotAllowedError(refused)
