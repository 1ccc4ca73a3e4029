"""What is known of relays beyond one process: the operator's orders, and workers' reports."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pillarbox.domain.lane import Lane
from pillarbox.domain.relay_state import RelayState


@dataclass(frozen=True, slots=True)
class RelayOrder:
    """The operator's last word on a relay, on the database's clock."""

    paused: bool
    ordered_at: datetime


class RelayOrders(Protocol):
    """Where orders are kept; they survive everything but the next order."""

    def orders(self) -> dict[str, RelayOrder]:
        """Every order, by the relay's name."""

    def order(self, relay: str, *, paused: bool) -> None:
        """Pause a relay or resume it; a repeated order is a new one."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What one worker process says of its relays, by name, and of the lanes that it takes."""

    worker: str
    relays: Mapping[str, RelayState]
    lanes: Collection[Lane] = ()


class RelayReports(Protocol):
    """Where workers say how their relays are; what is not repeated is soon forgotten."""

    def reports(self) -> Sequence[WorkerReport] | None:
        """Return what living workers last said; None if nobody can be asked now."""
