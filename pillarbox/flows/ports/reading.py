from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pillarbox.domain.attempt import Attempt, RecipientState
from pillarbox.domain.ids import BatchId, KeyId, MessageId
from pillarbox.domain.message import Content


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
    priority: str = "normal"
    on_uncertain: str = "retry"
    send_at: datetime | None = None
    relay: str | None = None
    batch_id: BatchId | None = None


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
    batch: BatchId | None = None


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
