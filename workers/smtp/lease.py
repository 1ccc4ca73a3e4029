"""A connection lent for one batch of messages.

1. A message that meets a stale connection is offered once more, on a fresh one,
   at no cost: 4yz, EOF or reset at MAIL, 421 or 452 at RCPT, on a connection that
   was used before, and nothing of the message taken (RFC 5321 3.8, 4.5.4.1 leave the when to us).
2. A fresh connection that gives way too ends the batch: the relay wants no mail
   now, and what was not tried has lost nothing.
3. Worn-out connections are changed between two messages, in the same place.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

from pillarbox.domain.reply import Reply
from workers.smtp.connection import Connection
from workers.smtp.errors import OpeningError
from workers.smtp.transaction import Transaction, TransactionResult
from workers.smtp.transmission import transmit


class Lender(Protocol):
    """Whom a lease belongs to."""

    @property
    def clock(self) -> Callable[[], float]:
        """Monotonic seconds."""

    def open_fresh(self) -> Connection:
        """Open a connection in the lease's place; raises `OpeningError`."""

    def is_worn(self, connection: Connection) -> bool:
        """Whether it has carried or lasted enough."""

    def note_stale(self) -> None:
        """Count a kept connection that had given way."""

    def give_back(self, connection: Connection | None) -> None:
        """Free the place, and keep the connection if it is good."""


class Lease:
    """A reserved place with its connection; give it back with `release()` or by `with`."""

    def __init__(self, lender: Lender, connection: Connection) -> None:
        self._lender = lender
        self._connection: Connection | None = connection
        self._released = False
        self.failure: OpeningError | None = None
        """Why the last batch stopped early, if no connection could be opened for its rest."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None and self._connection is not None:
            self._connection.abort()
        self.release()

    @property
    def connection(self) -> Connection | None:
        """The connection that the next transaction would use."""
        return self._connection

    def send(
        self, transactions: Sequence[Transaction], before_end_of_data: Callable[[], bool]
    ) -> list[TransactionResult]:
        """Carry a group, and return what became of those that were tried, in order.

        `before_end_of_data` is asked right before each end of data; False closes
        the connection without it. What was not tried is
        left out. Raises `OpeningError` if nothing could be tried.
        """
        results: list[TransactionResult] = []
        self.failure = None
        for transaction in transactions:
            try:
                result = self._offer(transaction, before_end_of_data)
            except OpeningError as error:
                if not results:
                    raise
                self.failure = error
                break
            results.append(result)
            if result.stopped or _is_fruitless(result):
                break
        return results

    def release(self) -> None:
        """Give it back; a second time is nothing."""
        if not self._released:
            self._released = True
            connection, self._connection = self._connection, None
            self._lender.give_back(connection)

    def _offer(self, transaction: Transaction, may_end: Callable[[], bool]) -> TransactionResult:
        connection = self._ready()
        proven = connection.carried > 0
        result = transmit(connection, transaction, may_end, self._lender.clock)
        if not (result.stale and result.connection.reused and (proven or not result.usable)):
            return result
        self._lender.note_stale()
        connection = self._change(connection)
        again = transmit(connection, transaction, may_end, self._lender.clock)
        return replace(
            again,
            steps=result.steps + again.steps,
            milliseconds=result.milliseconds + again.milliseconds,
        )

    def _ready(self) -> Connection:
        connection = self._connection
        if connection is None or not connection.usable or self._lender.is_worn(connection):
            connection = self._change(connection)
        return connection

    def _change(self, old: Connection | None) -> Connection:
        if old is not None:
            self._connection = None
            old.quit()
        self._connection = self._lender.open_fresh()
        return self._connection


def _is_fruitless(result: TransactionResult) -> bool:
    """Whether a fresh connection broke before the server took anything."""
    if result.usable or result.connection.reused:
        return False
    return not any(
        isinstance(verdict, Reply) and verdict.is_positive for verdict in result.verdicts
    )
