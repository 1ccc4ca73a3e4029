from collections.abc import Sequence
from dataclasses import dataclass, field

from pillarbox.domain.ids import BatchId, KeyId, MessageId
from pillarbox.domain.message import Route
from pillarbox.flows.ports.revision import Decision, Revised, Revision, StoredMessage


@dataclass
class FakeRevisionStore:
    """Holds messages as they stand, and keeps what was decided of them."""

    stored: list[StoredMessage] = field(default_factory=list)
    batches: dict[BatchId, list[MessageId]] = field(default_factory=dict)
    due: tuple[Route, ...] = ()
    decided: list[tuple[MessageId, Revision]] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def revise(self, messages: Sequence[MessageId], key: KeyId | None, decide: Decision) -> Revised:
        self.calls.append(len(messages))
        own = [each for each in self.stored if each.id in messages and key in (None, each.key_id)]
        made = tuple((each.id, revision) for each in own if (revision := decide(each)))
        self.decided += made
        return Revised(len(own), made, self.due if made else ())

    def batch(self, batch: BatchId, key: KeyId | None) -> list[MessageId]:
        own = {each.id for each in self.stored if key in (None, each.key_id)}
        return [each for each in self.batches.get(batch, ()) if each in own]


@dataclass
class FakeRevisionObserver:
    """Remembers what it is told."""

    noted: list[tuple[str, MessageId, int]] = field(default_factory=list)

    def cancelled(self, message: MessageId, recipients: int) -> None:
        self.noted.append(("cancelled", message, recipients))

    def retried(self, message: MessageId, recipients: int) -> None:
        self.noted.append(("retried", message, recipients))
