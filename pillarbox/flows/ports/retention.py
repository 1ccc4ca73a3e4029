from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pillarbox.domain.ids import MessageId


@dataclass(frozen=True, slots=True)
class PurgeStep:
    """One small batch: how many messages were purged, and the last that was looked at.

    `through` is None once there was nothing left to look at; until then `reached`
    is when that last message was accepted.
    """

    purged: int
    through: MessageId | None
    reached: datetime | None = None


class RetentionStore(Protocol):
    """What forgets messages; nothing that is still scheduled is ever touched.

    The age of a message counts from its `send_at`, or from its acceptance.
    Whoever comes second while another is purging does nothing.
    """

    def purge_contents(self, before: datetime, *, after: MessageId | None, limit: int) -> PurgeStep:
        """Remove what messages older than `before` are made from: bodies and attachments."""

    def purge_doomed(self, limit: int) -> int:
        """Remove what is to go and has nothing sent from it any more; how many messages'."""

    def purge_messages(self, before: datetime, *, after: MessageId | None, limit: int) -> PurgeStep:
        """Remove messages older than `before` whole, with all that is known of them."""
