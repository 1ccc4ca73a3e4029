from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pillarbox.domain.attempt import ConnectionFacts, Step
from pillarbox.domain.message import Content
from pillarbox.domain.outcome import Outcome
from pillarbox.flows.ports.claims import ClaimedDelivery


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message ready for the wire."""

    delivery: ClaimedDelivery
    content: bytes


@dataclass(frozen=True, slots=True)
class Transmission:
    """What one SMTP transaction came to: an outcome for each recipient of the parcel, in order."""

    parcel: Parcel
    outcomes: tuple[Outcome, ...]
    steps: tuple[Step, ...]
    connection: ConnectionFacts
    milliseconds: float


class Line(Protocol):
    """A connection to a relay, checked out for one batch."""

    @property
    def usable(self) -> bool:
        """Whether it can carry a further group."""

    def send(
        self, parcels: Sequence[Parcel], before_end_of_data: Callable[[], bool]
    ) -> list[Transmission]:
        """Carry a group, and return what became of those that were tried, in order.

        `before_end_of_data` is asked right before each end of data; if it
        answers False, the connection is closed without it. Parcels that
        were not tried (the connection was lost before them, and no fresh one
        could be had) are left out of the result.
        """

    def grant(self, most: int) -> int:
        """Ask how many messages the relay's rate allows now, at most so many; waits a little."""

    def give_back_grant(self, count: int) -> None:
        """Return what was granted and not needed."""


class Transport(Protocol):
    """The way to the relays."""

    def available(self, relay: str) -> bool:
        """Whether a relay may be tried now: known, not paused, and not failing."""

    def checkout(self, relay: str) -> Line | None:
        """Reserve a place and open or reuse a connection; None if the relay has none now."""

    def give_back(self, line: Line) -> None:
        """Return the connection; it may be kept for the next."""


class Builder(Protocol):
    """Writes content as RFC 5322 bytes; raises `ValueError` for what cannot be written."""

    def __call__(self, content: Content) -> bytes:
        """Build."""
