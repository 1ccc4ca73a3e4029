from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pillarbox.flows.ports.relays import RelayOrder, WorkerReport

ORDERED_AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@dataclass
class FakeRelayOrders:
    """Keeps orders, all of one time."""

    kept: dict[str, RelayOrder] = field(default_factory=dict)

    def orders(self) -> dict[str, RelayOrder]:
        return dict(self.kept)

    def order(self, relay: str, *, paused: bool) -> None:
        self.kept[relay] = RelayOrder(paused, ORDERED_AT)


@dataclass
class FakeRelayReports:
    """Says what it was given; None while it is away."""

    said: list[WorkerReport] | None = field(default_factory=list)

    def reports(self) -> Sequence[WorkerReport] | None:
        return self.said
