"""The access to one relay from this process: its connections, its breaker, its pace, its rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pillarbox.domain.relay_state import ConnectionCounts, RelayState
from workers.openings import Openings
from workers.pace import Pace
from workers.rest import Rest
from workers.smtp.errors import OpeningError
from workers.smtp.pool import PoolStats
from workers.smtp.transaction import Transaction, TransactionResult


class NoPlaceError(OpeningError):
    """All processes together have as many connections as the relay may have: nobody's fault."""


class RelayLease(Protocol):
    """A place at a relay, with a connection; `workers.smtp.lease.Lease`."""

    @property
    def failure(self) -> OpeningError | None:
        """Why the last group stopped early, if no connection could be opened for its rest."""

    def send(
        self, transactions: Sequence[Transaction], before_end_of_data: Callable[[], bool]
    ) -> list[TransactionResult]:
        """Carry a group; raises `OpeningError` if nothing could be tried."""

    def release(self) -> None:
        """Give the place back."""


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


class Rate(Protocol):
    """How many messages may go now."""

    def grant(self, most: int) -> int:
        """Take up to so many; waits a little for the first."""

    def give_back(self, count: int) -> None:
        """Return what was not needed."""


class Connections(Protocol):
    """This process's part of the connections that all processes may have together."""

    def look_after(self) -> int | None:
        """Keep what is open, let go of what is closed; how many all processes have, if known."""

    def close(self) -> None:
        """Let go of everything."""


class Unlimited:
    """No rate, and no connections to share: a `Rate` and `Connections`."""

    def grant(self, most: int) -> int:
        """Grant all of it."""
        return most

    def give_back(self, count: int) -> None:
        """Forget it."""

    def look_after(self) -> None:
        """Do nothing, and know of nobody else."""

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Access:
    """All that this process has of one relay."""

    pool: RelayPool
    rest: Rest
    pace: Pace
    rate: Rate = field(default_factory=Unlimited)
    connections: Connections = field(default_factory=Unlimited)
    openings: Openings = field(default_factory=Openings)

    @property
    def in_use(self) -> int:
        """How many connections carry mail now."""
        return self.pool.stats.in_use

    @property
    def hangs(self) -> bool:
        """Whether nothing goes on with the relay but waiting for it to answer."""
        slow = self.openings.slow
        return slow > 0 and slow >= self.in_use

    @property
    def state(self) -> RelayState:
        """How the relay is, as this process sees it."""
        stats = self.pool.stats
        return RelayState(
            breaker=self.rest.breaker,
            in_use=stats.in_use,
            idle=stats.idle,
            concurrency=self.pace.limit,
            last_error=self.rest.last_error,
        )

    @property
    def counts(self) -> ConnectionCounts:
        """What became of connections to it since this process began."""
        stats = self.pool.stats
        return ConnectionCounts(
            stats.opened, stats.reused, {each.value: n for each, n in stats.closed.items()}
        )
