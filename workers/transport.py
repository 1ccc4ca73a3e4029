import threading
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

from pillarbox.domain.relay_state import Breaker, ConnectionCounts, RelayState
from pillarbox.flows.ports.transport import Line
from workers.access import Access
from workers.line import SmtpLine, note_failure
from workers.orders import Orders
from workers.smtp.errors import OpeningError, PoolClosedError

LOOK_SECONDS = 1.0
"""Between two looks: an idle time is kept to the second, and so soon an order is heeded."""

CLOSE_SECONDS = 5.0
"""For all the QUITs at the end of a process; the mail they follow is safe already."""

log = structlog.stdlib.get_logger(__name__)


def _to_nobody(_states: Mapping[str, RelayState]) -> None:
    """Keep it to oneself."""


class TransportObserver(Protocol):
    """Who shows how the relays are."""

    def relay_looked_at(self, relay: str, state: RelayState, counts: ConnectionCounts) -> None:
        """Note how a relay is, and what became of its connections so far."""

    def relay_budget(self, relay: str, used: int | None) -> None:
        """Note how many connections all processes have; None if nobody can be asked."""


class SmtpTransport:
    """The way to the relays, by name: a `flows.ports.transport.Transport`."""

    def __init__(
        self,
        accesses: Mapping[str, Access],
        observer: TransportObserver,
        *,
        orders: Orders | None = None,
        report: Callable[[Mapping[str, RelayState]], None] = _to_nobody,
    ) -> None:
        self._accesses = accesses
        self._observer = observer
        self._orders = orders or Orders()
        self._report = report
        self._unknown: set[str] = set()
        self._stop = threading.Event()
        self._caretaker: threading.Thread | None = None

    def available(self, relay: str) -> bool:
        """Whether a relay may be tried now: it is known, not paused, does not rest or hang."""
        access = self._access(relay)
        if access is None or self._orders.paused(relay):
            return False
        return access.rest.would_try() and not access.hangs

    def checkout(self, relay: str) -> SmtpLine | None:
        """Open or reuse a connection; None if the relay rests, fails or has no place now."""
        access = self._access(relay)
        if access is None or self._orders.paused(relay):
            return None
        if access.in_use >= access.pace.limit or not access.rest.may_try():
            return None
        try:
            with access.openings.noted():
                lease = access.pool.checkout()
        except OpeningError as error:
            note_failure(access, error, others_work=access.in_use > 0)
            return None
        except PoolClosedError:
            return None
        except BaseException:
            access.rest.withdrew()
            raise
        if lease is None:
            access.rest.withdrew()
            return None
        return SmtpLine(lease, access)

    def give_back(self, line: Line) -> None:
        """Return the connection; it may be kept for the next."""
        if isinstance(line, SmtpLine):
            line.release()

    def resting(self) -> dict[str, str]:
        """Name the relays that are not tried, and why."""
        resting = {}
        for name, access in self._accesses.items():
            if self._orders.paused(name):
                resting[name] = "paused"
            elif reason := access.rest.reason:
                parked = access.rest.breaker is Breaker.PARKED
                resting[name] = f"parked: {reason}" if parked else reason
        return resting

    def states(self) -> dict[str, str]:
        """Say of every relay how it stands: `paused`, or the word of its breaker."""
        return {
            name: "paused" if self._orders.paused(name) else access.rest.breaker.word
            for name, access in self._accesses.items()
        }

    def look_after(self) -> None:
        """Close what has been idle too long, heed orders, and show how the relays are."""
        for name in self._orders.refresh():
            if name in self._accesses:
                self._accesses[name].rest.resume()
        states = {}
        for name, access in self._accesses.items():
            access.pool.reap()
            used = access.connections.look_after()
            states[name] = access.state
            self._observer.relay_looked_at(name, states[name], access.counts)
            self._observer.relay_budget(name, used)
        self._report(states)

    def start(self) -> None:
        """Start the thread that looks after the connections."""
        self._caretaker = threading.Thread(target=self._run, name="caretaker", daemon=True)
        self._caretaker.start()

    def close(self) -> None:
        """End the thread, and say QUIT on every connection that is idle."""
        self._stop.set()
        if self._caretaker is not None:
            self._caretaker.join()
        for access in self._accesses.values():
            access.pool.close_all(CLOSE_SECONDS)
            access.connections.close()

    def _access(self, relay: str) -> Access | None:
        access = self._accesses.get(relay)
        if access is None and relay not in self._unknown:
            self._unknown.add(relay)
            log.error("relay_unknown", relay=relay, known=sorted(self._accesses))
        return access

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self.look_after()
