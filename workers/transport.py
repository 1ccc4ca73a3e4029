import threading
from collections.abc import Mapping
from typing import Protocol

import structlog

from pillarbox.flows.ports.transport import Line
from workers.line import RelayLease, SmtpLine, note_failure
from workers.rest import Rest
from workers.smtp.errors import OpeningError, PoolClosedError
from workers.smtp.pool import PoolStats

REAP_SECONDS = 1.0
"""Between two looks at idle connections: an idle time is kept to the second."""

CLOSE_SECONDS = 5.0
"""For all the QUITs at the end of a process; the mail they follow is safe already."""

log = structlog.stdlib.get_logger(__name__)


class RelayPool(Protocol):
    """The connections to one relay; `workers.smtp.pool.Pool`."""

    @property
    def stats(self) -> PoolStats:
        """A snapshot."""

    def checkout(self, timeout: float = 0.0) -> RelayLease | None:
        """Reserve a place and open or reuse a connection; raises `OpeningError`."""

    def reap(self) -> None:
        """Close what has been idle too long."""

    def close_all(self, timeout: float = 5.0) -> None:
        """Lend no more, and say QUIT."""


class TransportObserver(Protocol):
    """Who shows how many connections there are."""

    def relay_connections(self, relay: str, *, in_use: int, idle: int) -> None:
        """Note how many connections to a relay are open."""


class SmtpTransport:
    """The way to the relays, by name: a `flows.ports.transport.Transport`."""

    def __init__(
        self,
        pools: Mapping[str, RelayPool],
        rests: Mapping[str, Rest],
        observer: TransportObserver,
    ) -> None:
        self._pools = pools
        self._rests = rests
        self._observer = observer
        self._unknown: set[str] = set()
        self._stop = threading.Event()
        self._reaper: threading.Thread | None = None

    def checkout(self, relay: str) -> SmtpLine | None:
        """Open or reuse a connection; None if the relay rests, fails or has no place now."""
        pool, rest = self._pools.get(relay), self._rests.get(relay)
        if pool is None or rest is None:
            if relay not in self._unknown:
                self._unknown.add(relay)
                log.error("relay_unknown", relay=relay, known=sorted(self._pools))
            return None
        if not rest.may_try():
            return None
        try:
            lease = pool.checkout()
        except OpeningError as error:
            note_failure(rest, error, others_work=pool.stats.in_use > 0)
            return None
        except PoolClosedError:
            return None
        except BaseException:
            rest.withdrew()
            raise
        if lease is None:
            rest.withdrew()
            return None
        return SmtpLine(lease, rest)

    def give_back(self, line: Line) -> None:
        """Return the connection; it may be kept for the next."""
        if isinstance(line, SmtpLine):
            line.release()

    def resting(self) -> dict[str, str]:
        """Name the relays that rest, and why."""
        return {name: rest.reason for name, rest in self._rests.items() if rest.reason}

    def look_after(self) -> None:
        """Close what has been idle too long, and show how many connections are left."""
        for name, pool in self._pools.items():
            pool.reap()
            stats = pool.stats
            self._observer.relay_connections(name, in_use=stats.in_use, idle=stats.idle)

    def start(self) -> None:
        """Start the thread that looks after the connections."""
        self._reaper = threading.Thread(target=self._run, name="reaper", daemon=True)
        self._reaper.start()

    def close(self) -> None:
        """End the thread, and say QUIT on every connection that is idle."""
        self._stop.set()
        if self._reaper is not None:
            self._reaper.join()
        for pool in self._pools.values():
            pool.close_all(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self._stop.wait(REAP_SECONDS):
            self.look_after()
