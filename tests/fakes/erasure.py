from collections.abc import Sequence
from dataclasses import dataclass, field

from pillarbox.domain.address import Address
from pillarbox.domain.ids import MessageId


@dataclass
class FakeErasureStore:
    """Knows who was written to, and remembers whom it erased."""

    messages: dict[Address, list[MessageId]] = field(default_factory=dict)
    under_way: set[MessageId] = field(default_factory=set)
    erased: list[tuple[Address, MessageId]] = field(default_factory=list)

    def messages_to(
        self, address: Address, *, after: MessageId | None, limit: int
    ) -> list[MessageId]:
        found = sorted(self.messages.get(address, ()))
        return [each for each in found if after is None or each > after][:limit]

    def erase(self, address: Address, messages: Sequence[MessageId]) -> list[MessageId]:
        done = [each for each in messages if each not in self.under_way]
        self.erased += [(address, each) for each in done]
        return done
