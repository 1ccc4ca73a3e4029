from collections.abc import Sequence
from typing import Protocol

from pillarbox.domain.address import Address
from pillarbox.domain.ids import MessageId


class ErasureStore(Protocol):
    """What forgets one recipient wherever it stands; what was counted of it stays."""

    def messages_to(
        self, address: Address, *, after: MessageId | None, limit: int
    ) -> list[MessageId]:
        """List the messages to an address, oldest first."""

    def erase(self, address: Address, messages: Sequence[MessageId]) -> list[MessageId]:
        """Erase an address from messages, and what they were made from; return those done.

        Left out are those of which this recipient is still to be sent, or is
        being sent now. Where others wait, what the message is made from goes
        when they have ended.
        """
