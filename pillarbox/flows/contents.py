"""What a claim's messages are made from, loaded ahead: one look into the store for many groups."""

from collections.abc import Sequence

from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Content
from pillarbox.flows.ports.claims import ClaimedDelivery, ClaimStore


class Contents:
    """The contents of a claim's deliveries, asked for in the order of their places.

    At most `octets` of messages are held, or a single one that is larger.
    """

    def __init__(
        self, store: ClaimStore, deliveries: Sequence[ClaimedDelivery], octets: int
    ) -> None:
        self._store = store
        self._coming = deliveries
        self._octets = octets
        self._loaded_to = 0
        self._loaded: dict[MessageId, Content] = {}

    def of(self, delivery: ClaimedDelivery) -> Content | None:
        """Return what a delivery's message is made from; None if the message is no more."""
        while self._loaded_to < len(self._coming) and not self._has(delivery):
            self._load()
        return self._loaded.get(delivery.message_id)

    def _has(self, delivery: ClaimedDelivery) -> bool:
        """Whether it was loaded, or looked for in vain."""
        return self._loaded_to > 0 and delivery.place <= self._coming[self._loaded_to - 1].place

    def _load(self) -> None:
        """Let go of what was loaded, and load what comes next."""
        first = self._loaded_to
        end, octets = first + 1, self._coming[first].size
        while end < len(self._coming) and octets + self._coming[end].size <= self._octets:
            octets += self._coming[end].size
            end += 1
        self._loaded_to = end
        self._loaded = self._store.contents([each.message_id for each in self._coming[first:end]])
