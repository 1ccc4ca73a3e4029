"""This process's part of what all processes together may ask of a relay.

While Redis is away each process keeps to its share by the number of processes
last heard of, and says so.
"""

import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import structlog

from pillarbox.domain.relay import Relay
from pillarbox.queue.broker import BrokerAwayError
from workers.access import NoPlaceError
from workers.smtp.connection import Connection
from workers.smtp.errors import Fault, FaultCode, Stage
from workers.smtp.sockets import SocketStream

PATIENCE_SECONDS = 1.0
"""A message that must wait longer for the rate waits in the store."""

log = structlog.stdlib.get_logger(__name__)

Answer = TypeVar("Answer")


class Budgets(Protocol):
    """The budgets of all relays; `pillarbox.queue.budget.RedisBudgets`."""

    def acquire(self, relay: str, lease: str, most: int) -> bool:
        """Take a place among at most so many connections."""

    def renew(self, relay: str, leases: Iterable[str]) -> int:
        """Hold places on, if there are any; returns how many all processes hold."""

    def release(self, relay: str, leases: Iterable[str]) -> None:
        """Give places back."""

    def draw(self, relay: str, rate: float, want: int) -> tuple[int, float]:
        """Take tokens; if there are none, the seconds until the next."""


class AloneObserver(Protocol):
    """Who shows that a process keeps to its share."""

    def relay_alone(self, relay: str, *, alone: bool) -> None:
        """Note whether the budget of all cannot be asked."""


class Alone:
    """Whether a relay's budget of all can be asked; said when it changes."""

    def __init__(
        self, relay: str, workers: Callable[[], int], observer: AloneObserver | None = None
    ) -> None:
        self._relay = relay
        self._workers = workers
        self._observer = observer
        self._alone = False

    @property
    def workers(self) -> int:
        """Among how many processes to share."""
        return max(1, self._workers())

    def note(self, error: BrokerAwayError | None) -> None:
        """Note that the budget was asked, and whether it answered."""
        alone = error is not None
        if alone is self._alone:
            return
        self._alone = alone
        if self._observer is not None:
            self._observer.relay_alone(self._relay, alone=alone)
        if alone:
            log.warning(
                "relay_budget_away", relay=self._relay, workers=self.workers, error=str(error)
            )
        else:
            log.info("relay_budget_back", relay=self._relay)


def is_closed(connection: Connection) -> bool:
    """Whether nothing is left of a connection at the relay, not only at the pool."""
    stream = connection.stream
    return isinstance(stream, SocketStream) and stream.socket.fileno() < 0


class SharedConnections:
    """Opens connections to one relay within the budget of all; `Connections` of an `Access`."""

    def __init__(
        self,
        relay: Relay,
        budgets: Budgets,
        alone: Alone,
        closed: Callable[[Connection], bool] = is_closed,
    ) -> None:
        self._relay = relay
        self._budgets = budgets
        self._alone = alone
        self._closed = closed
        self._lock = threading.Lock()
        self._held: dict[str, Connection | None] = {}
        self._asking = 0

    def opening(self, dial: Callable[[], Connection]) -> Callable[[], Connection]:
        """Make what dials only with a place of the budget, and else raises `NoPlaceError`."""

        def dial_within_budget() -> Connection:
            self._let_go()
            lease = self._acquire()
            try:
                connection = dial()
            except BaseException:
                self._release([lease])
                raise
            with self._lock:
                self._held[lease] = connection
            return connection

        return dial_within_budget

    def look_after(self) -> int | None:
        """Keep what is open, let go of what is closed; how many all processes have, if known."""
        self._let_go()
        with self._lock:
            held = list(self._held)
        return self._ask(lambda: self._budgets.renew(self._relay.name, held))

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            held = list(self._held)
        self._release(held)

    def _acquire(self) -> str:
        """Take a place, which is renewed from now on: dialling may take minutes."""
        lease = secrets.token_hex(8)
        with self._lock:
            others = len(self._held) + self._asking
            self._asking += 1
        taken = False
        try:
            taken = self._may_open(lease, others)
        finally:
            with self._lock:
                self._asking -= 1
                if taken:
                    self._held[lease] = None
        if not taken:
            raise _no_place(self._relay)
        return lease

    def _may_open(self, lease: str, others: int) -> bool:
        try:
            taken = self._budgets.acquire(self._relay.name, lease, self._relay.max_connections)
        except BrokerAwayError as error:
            self._alone.note(error)
            return others < max(1, self._relay.max_connections // self._alone.workers)
        self._alone.note(None)
        return taken

    def _let_go(self) -> None:
        with self._lock:
            gone = [
                lease
                for lease, connection in self._held.items()
                if connection is not None and self._closed(connection)
            ]
        self._release(gone)

    def _release(self, leases: list[str]) -> None:
        if not leases:
            return
        with self._lock:
            for lease in leases:
                self._held.pop(lease, None)
        self._ask(lambda: self._budgets.release(self._relay.name, leases))

    def _ask(self, ask: Callable[[], Answer]) -> Answer | None:
        try:
            answer = ask()
        except BrokerAwayError as error:
            self._alone.note(error)
            return None
        self._alone.note(None)
        return answer


def _no_place(relay: Relay) -> NoPlaceError:
    detail = f"all workers together have {relay.max_connections} connections"
    return NoPlaceError(Stage.CONNECT, Fault(FaultCode.STOPPED, detail))
