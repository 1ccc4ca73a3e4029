from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pillarbox.domain.ids import ClaimId
from pillarbox.domain.message import Route
from pillarbox.flows.ports.claims import Claim, DeliverySettlement


class Clock(Protocol):
    """The time of day, time zone aware, UTC."""

    def __call__(self) -> datetime:
        """Return now."""


class Ping(Protocol):
    """A dependency that can be asked whether it is there."""

    def __call__(self) -> None:
        """Return if it answers; raise what is wrong if not."""


class Observer(Protocol):
    """Who is told what happens, to count it and to log it; never fails its caller."""

    def attempted(self, claim: Claim, group: Sequence[DeliverySettlement]) -> None:
        """Note what became of a group of a claim, once it is written down."""

    def lease_lost(self, claim: ClaimId) -> None:
        """Note that the store gave a claim to somebody else while it was worked on."""

    def store_away(self) -> None:
        """Note that what is known could not be written down yet."""


class Gatherer(Protocol):
    """Who lets mail gather under load, so that a claim is worth its cost."""

    def claimed(self, route: Route, count: int, *, more: bool) -> None:
        """Note a claim of so many messages; `more` were left behind for want of room."""


class Places(Protocol):
    """Who knows what waits for a place in this process; `route` names the relay that carries."""

    def is_wanted(self, route: Route) -> bool:
        """Whether the place that carries this could be another's, who waits for one."""

    def is_pressed(self, route: Route) -> bool:
        """Whether a higher lane waits for the place that carries this."""
