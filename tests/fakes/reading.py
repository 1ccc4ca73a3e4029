from dataclasses import dataclass, field

from pillarbox.domain.attempt import Attempt
from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.ids import KeyId, MessageId
from pillarbox.domain.message import Content
from pillarbox.flows.ports.reading import MessageFilter, MessageView


@dataclass
class FakeMessageReader:
    """Messages in memory, newest first; it obeys the key, the limit and `before` alone."""

    views: list[MessageView] = field(default_factory=list)
    attempts_of: dict[MessageId, list[Attempt]] = field(default_factory=dict)
    contents: dict[MessageId, Content] = field(default_factory=dict)
    asked: list[MessageFilter] = field(default_factory=list)
    away: bool = False

    def message(self, message: MessageId, key: KeyId | None) -> MessageView | None:
        if self.away:
            raise StoreUnavailableError
        return next(
            (view for view in self.views if view.id == message and key in (None, view.key_id)),
            None,
        )

    def messages(
        self, wanted: MessageFilter, *, limit: int, before: MessageId | None
    ) -> list[MessageView]:
        self.asked.append(wanted)
        found = [
            view
            for view in self.views
            if wanted.key_id in (None, view.key_id) and (before is None or view.id < before)
        ]
        return found[:limit]

    def attempts(self, message: MessageId, key: KeyId | None) -> list[Attempt] | None:
        if self.message(message, key) is None:
            return None
        return self.attempts_of.get(message, [])

    def content(self, message: MessageId, key: KeyId | None) -> Content | None:
        if self.message(message, key) is None:
            return None
        return self.contents.get(message)
