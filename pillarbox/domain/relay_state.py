"""How a relay is, as one worker process or all of them see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum


class Breaker(IntEnum):
    """Whether a relay is tried; the worse, the higher."""

    CLOSED = 0
    """It works, or was never tried."""
    HALF_OPEN = 1
    """It failed; one thread tries it now."""
    OPEN = 2
    """It failed, and is left alone for a while."""
    PARKED = 3
    """It refuses our credentials; an operator has to act, and resume it."""

    @property
    def word(self) -> str:
        """Name it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class RelayError:
    """What went wrong last: `reason` in a few constant words, `detail` as it was said."""

    reason: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RelayState:
    """How a relay is.

    `concurrency` is how many connections a process allows itself now: fewer
    than it might, while the relay says that it is too busy.
    """

    breaker: Breaker = Breaker.CLOSED
    in_use: int = 0
    idle: int = 0
    concurrency: int = 0
    last_error: RelayError | None = None


@dataclass(frozen=True, slots=True)
class ConnectionCounts:
    """How many connections a process has opened, taken up again, and closed for which reason."""

    opened: int = 0
    reused: int = 0
    closed: Mapping[str, int] = field(default_factory=dict)
