"""The connections of one process to one relay.

1. Bounded: those in use and those idle are never more than `size`; a place is
   reserved before a connection is opened, and freed whatever happens.
2. What to do is decided under the lock; dialling, asking and closing are done
   outside it.
3. An idle connection that said something or went away is closed, not guessed about.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pillarbox.domain.reply import Reply
from workers.smtp.capabilities import Chunking
from workers.smtp.connection import REFUSED_MESSAGES, Connection
from workers.smtp.errors import FaultCode, LineError, PoolClosedError
from workers.smtp.lease import Lease
from workers.smtp.trace import ClosedFor
from workers.smtp.transaction import Illiterate, RefusalReader, TransactionResult

_ILLITERATE: Final = Illiterate()


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How much a pool keeps: `idle` and `age` in seconds, `transactions` per connection."""

    size: int = 10
    idle: float = 5.0
    """Shorter than any relay's own limit that is known; SES says `451 4.4.2` after ten."""
    age: float = 300.0
    """So that a relay's new addresses and certificates are noticed."""
    transactions: int = 100
    """The lowest limit of a big provider (SparkPost); others close after thousands."""


@dataclass(frozen=True, slots=True)
class PoolStats:
    """What a pool has now (`in_use`, `idle`) and has done since it was made."""

    in_use: int
    idle: int
    opened: int
    reused: int
    stale: int
    """Kept connections that had given way when they were needed."""
    closed: Mapping[ClosedFor, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Idle:
    connection: Connection
    since: float


@dataclass(frozen=True, slots=True)
class _Place:
    """A reserved place, and the idle connection that was taken off the shelf for it."""

    kept: _Idle | None


class Pool:
    """Lends connections; `opener` makes one or raises `OpeningError`. For many threads."""

    def __init__(
        self,
        opener: Callable[[], Connection],
        limits: PoolLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        reader: RefusalReader = _ILLITERATE,
    ) -> None:
        self.clock = clock
        self.reader = reader
        self._open = opener
        self._limits = limits or PoolLimits()
        self._most = self._limits.transactions
        self._changed = threading.Condition()
        self._idle: list[_Idle] = []
        self._in_use = 0
        self._opened = self._reused = self._stale = 0
        self._ended: Counter[ClosedFor] = Counter()
        self._closed = False
        self._chunking = Chunking.UNPROVEN
        self._cautious = False

    def __repr__(self) -> str:
        """Show the state, for tests and people."""
        stats = self.stats
        return f"<Pool {stats.in_use} in use, {stats.idle} idle, of {self._limits.size}>"

    @property
    def stats(self) -> PoolStats:
        """A snapshot."""
        with self._changed:
            return PoolStats(
                self._in_use,
                len(self._idle),
                self._opened,
                self._reused,
                self._stale,
                +self._ended,
            )

    def checkout(self, timeout: float = 0.0) -> Lease | None:
        """Reserve a place, within `timeout` seconds, and open or reuse a connection for it.

        None if every place stays taken. Opening takes its own time. Raises
        `OpeningError`, or `PoolClosedError` after `close_all`.
        """
        self.reap()
        place = self._reserve(timeout)
        if place is None:
            return None
        try:
            connection = self._first_good(place) or self.open_fresh()
            connection.cautious = self._cautious
            return Lease(self, connection)
        except BaseException:
            self.give_back(None)
            raise

    def open_fresh(self) -> Connection:
        """Open a connection in a place that is reserved; raises `OpeningError`."""
        connection = self._open()
        connection.chunking = self._chunking
        connection.cautious = self._cautious
        with self._changed:
            self._opened += 1
        return connection

    def room(self, connection: Connection) -> int:
        """How many more transactions it may carry; 0 if it has carried or lasted enough.

        The relay's own limit counts too, if it names one (RFC 9422) or has shown it.
        """
        if self.clock() - connection.opened_at >= self._limits.age or connection.most_at_once == 0:
            return 0
        room = self._most - connection.transactions
        if (own := connection.capabilities.mail_max) is not None:
            room = min(room, own - connection.rounds)
        return max(0, room)

    def learn(self, connection: Connection, results: Sequence[TransactionResult]) -> None:
        """Remember what a connection has shown of this relay's BDAT and limit; bad news stay."""
        if self._chunking is not Chunking.BROKEN:
            self._chunking = connection.chunking
        if _broke_off(results):
            self._cautious = True
        elif connection.cautious and connection.taken >= REFUSED_MESSAGES:
            self._cautious = connection.cautious = False
        told = any(result.stale and self._limits_session(result) for result in results)
        if told and connection.carried:
            self._most = max(1, min(self._most, connection.carried))

    def note_stale(self) -> None:
        """Count a kept connection that had given way."""
        with self._changed:
            self._stale += 1

    def note_closed(self, reason: ClosedFor) -> None:
        """Count a connection that ended."""
        with self._changed:
            self._ended[reason] += 1

    def give_back(self, connection: Connection | None) -> None:
        """Free a place, and keep its connection if it is good for more."""
        try:
            good = connection is not None and connection.usable and not self._is_worn(connection)
            if connection is not None and not good:
                self.note_closed(ClosedFor.WORN if connection.usable else ClosedFor.FAILED)
                connection.quit()
        except BaseException:
            good = False
            raise
        finally:
            surplus = self._free_place(connection if good else None)
        if surplus is not None:
            self.note_closed(ClosedFor.SHUTDOWN)
            surplus.quit()
        self.reap()

    def reap(self) -> None:
        """Close what has been idle too long; checkouts do it too, a timer may."""
        with self._changed:
            expired = self._take_expired()
            self._ended[ClosedFor.IDLE] += len(expired)
        for connection in expired:
            connection.quit(timeout=0)

    def close_all(self, timeout: float = 5.0) -> None:
        """Lend no more, and say QUIT to the idle ones, within `timeout` seconds in all.

        Those in use are closed when they come back.
        """
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._ended[ClosedFor.SHUTDOWN] += len(idle)
            self._changed.notify_all()
        deadline = self.clock() + timeout
        for kept in idle:
            kept.connection.quit(timeout=max(0.0, deadline - self.clock()))

    def _limits_session(self, result: TransactionResult) -> bool:
        refusal = result.verdicts[0]
        return isinstance(refusal, Reply) and self.reader.limits_session(refusal)

    def _reserve(self, timeout: float) -> _Place | None:
        with self._changed:
            free = self._changed.wait_for(
                lambda: self._closed or self._in_use < self._limits.size, timeout
            )
            if self._closed:
                raise PoolClosedError
            if not free:
                return None
            self._in_use += 1
            return _Place(self._idle.pop() if self._idle else None)

    def _free_place(self, connection: Connection | None) -> Connection | None:
        """Free a place; return the connection if it cannot be kept."""
        with self._changed:
            self._in_use -= 1
            if connection is not None and not self._closed:
                self._idle.append(_Idle(connection, self.clock()))
                connection = None
            self._changed.notify()
        return connection

    def _first_good(self, place: _Place) -> Connection | None:
        """Look at idle connections, the last used first, until one is good."""
        kept = place.kept
        while kept is not None:
            fault = self._fault_of(kept)
            if fault is None:
                with self._changed:
                    self._reused += 1
                return kept.connection
            self.note_closed(fault)
            kept.connection.quit(timeout=0)
            with self._changed:
                kept = self._idle.pop() if self._idle else None
        return None

    def _fault_of(self, kept: _Idle) -> ClosedFor | None:
        """Say why a kept connection is of no use any more; None if it is good."""
        if self._is_worn(kept.connection):
            return ClosedFor.WORN
        if self.clock() - kept.since >= self._limits.idle:
            return ClosedFor.IDLE
        try:
            kept.connection.check_quiet()
        except LineError:
            self.note_stale()
            return ClosedFor.STALE
        return None

    def _is_worn(self, connection: Connection) -> bool:
        return not self.room(connection)

    def _take_expired(self) -> list[Connection]:
        oldest = self.clock() - self._limits.idle
        expired = [kept.connection for kept in self._idle if kept.since <= oldest]
        if expired:
            self._idle = [kept for kept in self._idle if kept.since > oldest]
        return expired


def _broke_off(results: Sequence[TransactionResult]) -> bool:
    """Whether of more than one of a group nobody knows what became of it."""
    lost = FaultCode.REPLY_LOST
    return sum(lost in {each.code for each in result.verdicts} for result in results) > 1
