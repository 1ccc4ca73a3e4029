"""From a checked submission to a message that is ready to be committed.

1. All that its bytes depend on is fixed here, once and for all.
2. What depends on the clock is asked here and not before an Idempotency-Key is
   looked up: a repeat may come when what it asks for has passed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pillarbox.domain.errors import (
    Fault,
    InvalidInputError,
    MessageTooLargeError,
    ScopeMissingError,
    SenderNotAllowedError,
)
from pillarbox.domain.ids import BatchId, MessageId
from pillarbox.domain.key import ApiKey, Scope
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
from pillarbox.domain.schedule import Schedule


@dataclass(frozen=True, slots=True)
class AcceptanceRules:
    """What acceptance holds a message to: its lifetime, and its size once encoded, in octets."""

    lifetime: timedelta
    max_message_bytes: int


class Composer:
    """Makes messages; `new_id` tells the time that is in the id, too."""

    def __init__(
        self,
        *,
        routing: Routing,
        new_id: Callable[[], tuple[MessageId, datetime]],
        measure: Callable[[Content], int],
        make_message_id: Callable[[str, str], str],
        rules: AcceptanceRules,
    ) -> None:
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
        trace: TraceContext | None,
        batch_id: BatchId | None = None,
    ) -> AcceptedMessage:
        """Make the message; raises `InvalidInputError` and `MessageTooLargeError`."""
        message_id, created_at = self._new_id()
        if passed := submission.wish.passed(created_at):
            raise InvalidInputError(
                tuple(Fault(f"#/{name}", code, detail) for name, code, detail in passed)
            )
        schedule = Schedule.made(submission.wish, created_at, self._rules.lifetime)
        content = Content(
            message_id=message_id,
            internet_message_id=submission.message_id
            or self._make_message_id(message_id, submission.sender.address.domain),
            # What is sent next month is not a month old when it arrives (RFC 5322 3.6.1).
            date=schedule.send_at or created_at,
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
        named = submission.recipients()
        choices = self._routing.choose(submission, [box.address for _, box in named], key.id)
        return AcceptedMessage(
            id=message_id,
            key_id=key.id,
            created_at=created_at,
            expires_at=schedule.expires_at,
            envelope_sender=submission.envelope_sender,
            recipients=tuple(
                Recipient(position, kind, mailbox.address)
                for position, (kind, mailbox) in enumerate(named)
            ),
            routes=tuple(
                ChosenRoute(Route(choice.relay, submission.priority), choice.fallbacks)
                for choice in choices
            ),
            content=content,
            tags=submission.tags,
            metadata=submission.metadata,
            size=size,
            trace=trace,
            priority=submission.priority,
            on_uncertain=submission.on_uncertain,
            send_at=schedule.send_at,
            relay=submission.relay,
            batch_id=batch_id,
        )


def authorize(submission: Submission, key: ApiKey) -> None:
    """Raise `ScopeMissingError` or `SenderNotAllowedError` if the key may not send this."""
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
