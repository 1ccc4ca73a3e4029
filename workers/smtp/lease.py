"""A connection lent for one batch of messages.

1. A message that meets a stale connection is offered once more, on a fresh one,
   at no cost: 4yz, EOF or reset at MAIL, 421 or 452 at RCPT, on a connection that
   was used before, and nothing of the message taken (RFC 5321 3.8, 4.5.4.1 leave the when to us).
   So does 5yz there whose words speak of the session and not of the message, as the
   lender's `reader` reads them.
2. A fresh connection that gives way too ends the batch: the relay wants no mail
   now, and what was not tried has lost nothing.
3. Worn-out connections are changed between two messages, in the same place.
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Protocol, Self

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.capabilities import Chunking
from workers.smtp.connection import Connection
from workers.smtp.errors import Fault, FaultCode, OpeningError
from workers.smtp.trace import ClosedFor
from workers.smtp.transaction import RefusalReader, Transaction, TransactionResult
from workers.smtp.transmission import transmit_all

OFFERED_AT_ONCE: Final = 50
"""Transactions; so many are made ready before it is known how the connection fares."""


class Lender(Protocol):
    """Whom a lease belongs to."""

    @property
    def reader(self) -> RefusalReader:
        """Who reads the words of refusals."""

    def open_fresh(self) -> Connection:
        """Open a connection in the lease's place; raises `OpeningError`."""

    def room(self, connection: Connection) -> int:
        """How many more transactions it may carry; 0 if it has carried or lasted enough."""

    def learn(self, connection: Connection, results: Sequence[TransactionResult]) -> None:
        """Remember what a connection has shown of its relay, by the results of what it carried."""

    def note_stale(self) -> None:
        """Count a kept connection that had given way."""

    def note_closed(self, reason: ClosedFor) -> None:
        """Count a connection that ended."""

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

        `before_end_of_data` is asked right before each end of data, or group of
        them in one write; False closes the connection without it. What was not
        tried is left out. Raises `OpeningError` if nothing could be tried.
        """
        batch = _Batch(transactions)
        self.failure = None
        while batch.pending:
            try:
                connection = self._ready()
            except OpeningError as error:
                if not batch.results():
                    raise
                self.failure = error
                break
            room = min(self._lender.room(connection), OFFERED_AT_ONCE)
            if not connection.rounds:
                room = max(room, 1)  # a limit of nothing would open sessions for ever
            places = _fitting(connection, transactions, batch.pending[:room], room)
            if not places:
                self._retire(connection, ClosedFor.WORN)
                continue
            fresh = connection.transactions == 0
            results = transmit_all(
                connection,
                [transactions[place] for place in places],
                before_end_of_data,
                self._lender.reader,
            )
            self._lender.learn(connection, results)
            if batch.enter(places, results):
                self._lender.note_stale()
                self._retire(connection, ClosedFor.STALE)
            helped = connection.chunking is Chunking.BROKEN  # the next one goes by DATA
            if results[-1].stopped or (fresh and not helped and _is_fruitless(results)):
                break
        return batch.results()

    def release(self) -> None:
        """Give it back; a second time is nothing."""
        if not self._released:
            self._released = True
            connection, self._connection = self._connection, None
            self._lender.give_back(connection)

    def _ready(self) -> Connection:
        connection = self._connection
        if connection is not None and not connection.usable:
            self._retire(connection, ClosedFor.FAILED)
            connection = None
        if connection is None:
            connection = self._connection = self._lender.open_fresh()
        return connection

    def _retire(self, connection: Connection, reason: ClosedFor) -> None:
        self._connection = None
        self._lender.note_closed(reason)
        connection.quit()


def _fitting(
    connection: Connection, transactions: Sequence[Transaction], places: list[int], room: int
) -> list[int]:
    """Return the places whose rounds have room, by the limit named (RFC 9422).

    One at least on a fresh connection; a message that needs more goes over several sessions.
    """
    limit = connection.capabilities.rcpt_max
    if limit is None:
        return places
    for count, place in enumerate(places):
        room -= -(-len(transactions[place].recipients) // limit)
        if room < 0:
            return places[: count or int(connection.rounds == 0)]
    return places


class _Batch:
    """The transactions of one `send`: what became of each, and which are still to be offered."""

    def __init__(self, transactions: Sequence[Transaction]) -> None:
        self.pending = list(range(len(transactions)))
        self._final: dict[int, TransactionResult] = {}
        self._stale: dict[int, TransactionResult] = {}

    def enter(self, places: Sequence[int], results: Sequence[TransactionResult]) -> bool:
        """Enter the results of those offered; True if some are to be offered once more.

        The first on a fresh connection is never stale, so every round settles one.
        """
        again: list[int] = []
        for place, result in zip(places, results, strict=False):
            before = self._stale.get(place)
            whole = result if before is None else _joined(before, result)
            if result.stale:
                self._stale[place] = whole
                again.append(place)
            else:
                self._final[place] = whole
        self.pending = again + self.pending[len(results) :]
        return bool(again)

    def results(self) -> list[TransactionResult]:
        """Return the results up to the last that is known.

        One that met a stale connection and could not be offered again keeps what
        it met there, if a later one is known; it is not refused by it.
        """
        known = max(self._final, default=-1) + 1
        return [self._final.get(place) or _spared(self._stale[place]) for place in range(known)]


def _spared(stale: TransactionResult) -> TransactionResult:
    """Tell what a stale connection refused as what it is: the connection's end."""
    return stale._replace(
        verdicts=tuple(
            Fault(FaultCode.CONNECTION_LOST, f"the session has had enough: {verdict}")
            if isinstance(verdict, Reply) and verdict.is_permanent
            else verdict
            for verdict in stale.verdicts
        )
    )


def _joined(before: TransactionResult, after: TransactionResult) -> TransactionResult:
    """Tell two tries of one message as one."""
    return after._replace(
        steps=before.steps + after.steps,
        milliseconds=before.milliseconds + after.milliseconds,
    )


def _is_fruitless(results: Sequence[TransactionResult]) -> bool:
    """Whether a fresh connection broke before the server took or refused a message for itself."""
    return not results[-1].usable and not any(
        isinstance(verdict, Reply) and (verdict.is_positive or _is_about_a_message(verdict))
        for result in results
        for verdict in result.verdicts
    )


def _is_about_a_message(refusal: Reply) -> bool:
    """Whether it is no sign of the relay's own state: Postfix and Exim end a session after many."""
    return refusal.is_permanent and refusal.command is not Verb.MAIL
