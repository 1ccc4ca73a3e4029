from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import Attempt, RecipientState
from pillarbox.domain.ids import ClaimId, MessageId
from pillarbox.domain.message import Content, Route, TraceContext
from pillarbox.domain.retry import OnUncertain


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """The part of one message that takes one route, as a worker claims it.

    `place` is its place in the claim, from 0. `recipients` are those that are
    due, `states` runs parallel to it; `others_due_at` is when the first of the
    rest is due, None if none is. `size` is an upper bound of the built message.
    `on_uncertain` is the caller's word for when nobody knows what became of it.
    """

    message_id: MessageId
    part: int
    place: int
    envelope_sender: Address
    recipients: tuple[Address, ...]
    states: tuple[RecipientState, ...]
    others_due_at: datetime | None
    size: int
    created_at: datetime
    expires_at: datetime
    trace: TraceContext | None
    on_uncertain: OnUncertain = OnUncertain.RETRY


@dataclass(frozen=True, slots=True)
class Errand:
    """What to carry, and over which relay: a route's own, or one that stands in for it.

    With another relay only those deliveries are meant whose `fallbacks` are
    just these.
    """

    route: Route
    over: str
    fallbacks: tuple[str, ...] = ()

    @classmethod
    def usual(cls, route: Route) -> "Errand":
        """Make the errand over the route's own relay."""
        return cls(route, route.relay)

    @property
    def carried(self) -> Route:
        """The route with the relay that carries in place of its own."""
        return Route(self.over, self.route.lane)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's lease on a batch. `id` is the fencing token of all that follows.

    `route` names the relay that carries it. `claimed_at` is the database's clock
    when the claim was made. `data_through`
    is the last place whose data may have ended (None: none has), which a claim
    that was taken over from a dead worker brings along. `more` says that due
    deliveries were left behind.
    """

    id: ClaimId
    route: Route
    claimed_at: datetime
    deliveries: tuple[ClaimedDelivery, ...]
    more: bool
    data_through: int | None = None


@dataclass(frozen=True, slots=True)
class DeliverySettlement:
    """What became of one claimed delivery.

    `due_at` is when it must be claimed again; None ends it. `attempt` is None
    where none was made (it expired, or its worker died before the end of data).
    """

    delivery: ClaimedDelivery
    states: tuple[RecipientState, ...]
    due_at: datetime | None
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class SettleResult:
    """`held`: the claim was still ours and everything is written; else nothing is.

    `data_begun`: the mark for the next group was set with it.
    """

    held: bool
    data_begun: bool


class ClaimStore(Protocol):
    """T2 and T3: claims, their marks and leases, and what comes of them."""

    def claim(self, errand: Errand, *, worker: str, lease: timedelta, limit: int) -> Claim | None:
        """Claim due deliveries, a fair share for each key.

        None if none is due, or if the operator has paused the relay.
        """

    def fallbacks(self, route: Route) -> list[tuple[str, ...]]:
        """List the different relays that may stand in for what waits on a route."""

    def contents(self, ids: Sequence[MessageId]) -> dict[MessageId, Content]:
        """Load what the bytes of these messages are made from; without those that are no more."""

    def begin_data(self, claim: ClaimId, through: int) -> bool:
        """Mark that the data of places up to `through` may end; False if the lease is gone."""

    def renew(self, claims: Sequence[ClaimId], lease: timedelta) -> set[ClaimId]:
        """Extend the leases that have not run out, and return those."""

    def settle(
        self,
        claim: ClaimId,
        deliveries: Sequence[DeliverySettlement],
        *,
        begin_data_through: int | None = None,
    ) -> SettleResult:
        """Write what became of deliveries, fenced by the claim; mark the next group with it."""

    def hand_back(self, claim: ClaimId) -> None:
        """End a claim: what it still holds is as it was before, and due."""

    def take_over(self, *, worker: str, lease: timedelta) -> Claim | None:
        """Move what a dead claim (its lease ran out) still holds into a claim of one's own."""

    def claim_expired(self, *, worker: str, lease: timedelta, limit: int) -> Claim | None:
        """Claim deliveries of any route whose lifetime has passed; `route` is then the first's."""

    def queue_scheduled(self, limit: int) -> int:
        """Let messages whose `send_at` has come be `queued`; how many there were."""

    def due_routes(self) -> list[Route]:
        """Every route with something due that nobody holds."""
