"""Erasing a recipient: the right of a person, against all that is kept of mail to them.

1. What is not sent yet is cancelled first; what is being sent at this moment
   cannot be, and is told, so that the caller asks again.
2. Counts stay: what became of a message is known as before, of whom is not.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from pillarbox.domain.address import Address
from pillarbox.domain.errors import ScopeMissingError
from pillarbox.domain.ids import MessageId
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.domain.status import Event, RecipientStatus, next_status
from pillarbox.flows.ports.erasure import ErasureStore
from pillarbox.flows.ports.revision import Revision, RevisionStore, StoredMessage

CHUNK = 100
"""Messages that one transaction erases from; keeps writers' waits to milliseconds."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """How many messages an address was erased from, and how many are being sent just now."""

    messages: int
    under_way: int


class ErasureObserver(Protocol):
    """Who is told that something was erased, not of whom; never fails its caller."""

    def erased(self, messages: int, under_way: int) -> None:
        """Note an erasure."""


class Eraser:
    """The use case behind erasures."""

    def __init__(
        self, store: ErasureStore, revision: RevisionStore, observer: ErasureObserver | None
    ) -> None:
        self._store = store
        self._revision = revision
        self._observer = observer

    def __call__(self, address: Address, key: ApiKey) -> Erasure:
        """Erase an address for a caller; raises `ScopeMissingError`."""
        if not key.may(Scope.MANAGE):
            raise ScopeMissingError(Scope.MANAGE)
        return self.erase(address)

    def erase(self, address: Address) -> Erasure:
        """Erase an address from every message; doing it again is no harm."""
        done = under_way = 0
        after: MessageId | None = None
        while found := self._store.messages_to(address, after=after, limit=CHUNK):
            self._revision.revise(found, None, lambda stored: _without(stored, address))
            erased = self._store.erase(address, found)
            done += len(erased)
            under_way += len(found) - len(erased)
            after = found[-1]
        if self._observer is not None:
            self._observer.erased(done, under_way)
        return Erasure(done, under_way)


def _without(stored: StoredMessage, address: Address) -> Revision | None:
    """Let nothing more be tried for one recipient, unless a worker holds it."""
    states = tuple(
        replace(each.state, status=_ended(each.state.status), next_attempt_at=None)
        for each in stored.recipients
        if each.address == address and not each.held and each.state.next_attempt_at is not None
    )
    return Revision(states) if states else None


def _ended(status: RecipientStatus) -> RecipientStatus:
    """Return what one is of whom nothing more is tried: what may have been sent stays uncertain."""
    if status is RecipientStatus.UNCERTAIN:
        return status
    return next_status(status, Event.CANCEL)
