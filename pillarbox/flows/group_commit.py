"""Group commit: threads that accept at the same time share one transaction.

1. Whoever comes while nobody commits, commits at once, for itself and for all
   that wait: a lone caller waits for nobody.
2. Whoever comes while somebody commits, waits, and is in the next transaction.
3. A message that the store refuses is tried again alone, so that it fails
   nobody's but its own.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.ids import KeyId
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceResult,
    AcceptanceStore,
    KeyReused,
    Replayed,
)

MAX_GROUP_MESSAGES = 200
"""Beyond this a larger transaction saves nothing more, and holds its neighbours up."""
MAX_GROUP_OCTETS = 32 << 20
"""So that a few large messages do not pile up in one transaction's memory."""


class _Caller:
    """A thread that waits, to be woken once: when all that is its own is settled, or to commit."""

    def __init__(self, tickets: int) -> None:
        self.unsettled = tickets
        self._turn = threading.Lock()
        self._turn.acquire()

    def wait(self) -> None:
        """Sleep until somebody wakes this thread; at once if that has happened."""
        self._turn.acquire()

    def wake(self) -> None:
        """Wake it, and nobody else: a condition would have all wake up and look."""
        self._turn.release()


@dataclass(slots=True, eq=False)
class _Ticket:
    """One acceptance on its way: neither result nor error while it waits."""

    acceptance: Acceptance
    caller: _Caller
    result: AcceptanceResult | None = None
    error: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.result is not None or self.error is not None


class GroupCommit:
    """A `SharedStore` over an `AcceptanceStore`, for the threads of one process."""

    def __init__(self, store: AcceptanceStore) -> None:
        self._store = store
        self._turn = threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self._committing = False

    def replay(self, key_id: KeyId, key: str, request_sha256: bytes) -> Replayed | KeyReused | None:
        """Look an Idempotency-Key up in the store."""
        return self._store.replay(key_id, key, request_sha256)

    def accept_each(self, batch: Sequence[Acceptance]) -> list[AcceptanceResult | Exception]:
        """Commit a batch, perhaps together with those of other threads; to each its own error."""
        if not batch:
            return []
        caller = _Caller(len(batch))
        tickets = [_Ticket(acceptance, caller) for acceptance in batch]
        with self._turn:
            self._waiting.extend(tickets)
            others_commit, self._committing = self._committing, True
        if others_commit:
            caller.wait()
        if caller.unsettled:
            try:
                while caller.unsettled:
                    self._commit(caller, self._next_group())
            finally:
                self._pass_on(caller)
        return [_result(ticket) for ticket in tickets]

    def _next_group(self) -> list[_Ticket]:
        with self._turn:
            group = [self._waiting.popleft()]
            octets = group[0].acceptance.message.size
            while self._waiting and len(group) < MAX_GROUP_MESSAGES:
                octets += self._waiting[0].acceptance.message.size
                if octets > MAX_GROUP_OCTETS:
                    break
                group.append(self._waiting.popleft())
            return group

    def _pass_on(self, own: _Caller) -> None:
        """Have the one who has waited longest commit next, if anybody waits."""
        with self._turn:
            if own.unsettled:  # broken off: who is gone commits nothing more
                others = [ticket for ticket in self._waiting if ticket.caller is not own]
                self._waiting = deque(others)
            following = self._waiting[0].caller if self._waiting else None
            self._committing = following is not None
        if following is not None:
            following.wake()

    def _commit(self, own: _Caller, group: list[_Ticket]) -> None:
        try:
            self._commit_together(group)
        finally:
            for ticket in group:
                if not ticket.settled:  # broken off by what is no error: nothing is known
                    ticket.error = StoreUnavailableError("the commit was broken off")
                ticket.caller.unsettled -= 1
                if not ticket.caller.unsettled and ticket.caller is not own:
                    ticket.caller.wake()

    def _commit_together(self, group: list[_Ticket]) -> None:
        try:
            results = self._store.accept([ticket.acceptance for ticket in group])
        except Exception as error:  # noqa: BLE001 - it belongs to the callers, each gets it
            if isinstance(error, StoreUnavailableError) or len(group) == 1:
                for ticket in group:
                    ticket.error = error
                return
            for ticket in group:
                self._commit_together([ticket])
            return
        for ticket, result in zip(group, results, strict=True):
            ticket.result = result


def _result(ticket: _Ticket) -> AcceptanceResult | Exception:
    result = ticket.error or ticket.result
    if result is None:
        raise AssertionError(ticket)
    return result
