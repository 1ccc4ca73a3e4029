"""Fakes behind the ports of delivery: a store, a line to a relay, an observer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.attempt import ConnectionFacts, RecipientState
from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.ids import ClaimId, MessageId
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Content, Route
from pillarbox.domain.outcome import Outcome, Sent
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.claims import (
    Claim,
    ClaimedDelivery,
    DeliverySettlement,
    Errand,
    SettleResult,
)
from pillarbox.flows.ports.transport import Line, Parcel, Transmission

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROUTE = Route("default", Lane.NORMAL)
RELAY = ConnectionFacts("relay.test:587", "TLSv1.3", "TLS_AES_256_GCM_SHA384", reused=True)
TAKEN = Sent(Reply(250, "Ok: queued", Verb.END_OF_DATA, "2.0.0"))


def delivery(place: int = 0, *, recipients: int = 1, size: int = 1000) -> ClaimedDelivery:
    """Make a claimed delivery whose recipients all wait for their first attempt."""
    return ClaimedDelivery(
        message_id=MessageId(f"msg_{place:026}"),
        part=0,
        place=place,
        envelope_sender=Address("billing", "acme.test"),
        recipients=tuple(Address(f"r{number}", "example.com") for number in range(recipients)),
        states=tuple(queued(number) for number in range(recipients)),
        others_due_at=None,
        size=size,
        created_at=NOW - timedelta(minutes=1),
        expires_at=NOW + timedelta(hours=48),
        trace=None,
    )


def queued(position: int = 0) -> RecipientState:
    """Make the state of a recipient that was never attempted."""
    return RecipientState(position, RecipientStatus.QUEUED, 0, 0, None, NOW)


def claim(*deliveries: ClaimedDelivery, more: bool = False, through: int | None = None) -> Claim:
    """Make a claim of these deliveries."""
    return Claim(ClaimId("clm_1"), ROUTE, NOW, deliveries, more, through)


@dataclass
class FakeClaimStore:
    """Hands out prepared claims and remembers what is done with them, in order."""

    claims: list[Claim] = field(default_factory=list)
    dead: list[Claim] = field(default_factory=list)
    expired: list[Claim] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    lease_holds: bool = True
    lose_lease_after_mark: bool = False
    erased_all: bool = False
    away_for: int = 0
    on_away: Callable[[], None] = lambda: None
    stand_ins: list[tuple[str, ...]] = field(default_factory=list)
    asked: list[tuple[Errand, int]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    settled: list[DeliverySettlement] = field(default_factory=list)

    def claim(self, errand: Errand, *, worker: str, lease: timedelta, limit: int) -> Claim | None:
        self.asked.append((errand, limit))
        return self.claims.pop(0) if self.claims else None

    def fallbacks(self, route: Route) -> list[tuple[str, ...]]:
        return self.stand_ins

    def contents(self, ids: Sequence[MessageId]) -> dict[MessageId, Content]:
        return {each: content(each) for each in ids if not self.erased_all}

    def begin_data(self, claim: ClaimId, through: int) -> bool:
        self.log.append(f"begin_data {through}")
        begun = self.lease_holds
        self.lease_holds &= not self.lose_lease_after_mark
        return begun

    def renew(self, claims: Sequence[ClaimId], lease: timedelta) -> set[ClaimId]:
        if self.away_for:
            self.away_for -= 1
            raise StoreUnavailableError
        return set(claims) if self.lease_holds else set()

    def settle(
        self,
        claim: ClaimId,
        deliveries: Sequence[DeliverySettlement],
        *,
        begin_data_through: int | None = None,
    ) -> SettleResult:
        if self.away_for:
            self.away_for -= 1
            self.on_away()
            raise StoreUnavailableError
        self.log.append(f"settle {[each.delivery.place for each in deliveries]}")
        if not self.lease_holds:
            return SettleResult(held=False, data_begun=False)
        self.settled.extend(deliveries)
        return SettleResult(held=True, data_begun=begin_data_through is not None)

    def hand_back(self, claim: ClaimId) -> None:
        self.log.append("hand_back")

    def take_over(self, *, worker: str, lease: timedelta) -> Claim | None:
        return self.dead.pop(0) if self.dead else None

    def claim_expired(self, *, worker: str, lease: timedelta, limit: int) -> Claim | None:
        return self.expired.pop(0) if self.expired else None

    def queue_scheduled(self, limit: int) -> int:
        self.log.append("queue_scheduled")
        return 0

    def due_routes(self) -> list[Route]:
        return self.routes


def content(message_id: MessageId) -> Content:
    """Make the least content that can be built."""
    box = Mailbox(Address("billing", "acme.test"))
    return Content(
        message_id, "<1@acme.test>", NOW, box, (box,), (), (), "Hello", "Hi", None, (), ()
    )


@dataclass
class FakeLine:
    """Answers each parcel with the next prepared outcome, or `TAKEN`."""

    outcomes: list[Outcome] = field(default_factory=list)
    lost_after: int | None = None
    usable: bool = True
    allows: int = 1000
    granted: int = 0
    sent: list[int] = field(default_factory=list)
    on_send: Callable[[], None] = lambda: None

    def send(
        self, parcels: Sequence[Parcel], before_end_of_data: Callable[[], bool]
    ) -> list[Transmission]:
        self.on_send()
        if not before_end_of_data():
            self.usable = False
            return []
        tried = list(parcels)
        if self.lost_after is not None:
            tried = tried[: self.lost_after]
            self.usable = False
        self.sent.extend(parcel.delivery.place for parcel in tried)
        return [self._transmit(parcel) for parcel in tried]

    def grant(self, most: int) -> int:
        now = min(most, self.allows - self.granted)
        self.granted += now
        return now

    def give_back_grant(self, count: int) -> None:
        self.granted -= count

    def _transmit(self, parcel: Parcel) -> Transmission:
        outcomes = tuple(
            self.outcomes.pop(0) if self.outcomes else TAKEN for _ in parcel.delivery.recipients
        )
        return Transmission(parcel, outcomes, (), RELAY, 5.0)


@dataclass
class FakeTransport:
    """Has one line to give, or none."""

    line: FakeLine | None
    given_back: int = 0
    down: set[str] = field(default_factory=set)

    def available(self, relay: str) -> bool:
        return relay not in self.down

    def checkout(self, relay: str) -> Line | None:
        return self.line

    def give_back(self, line: Line) -> None:
        self.given_back += 1


@dataclass
class FakeWaker:
    """Remembers which routes were woken."""

    woken: list[Route] = field(default_factory=list)
    insisted: list[Route] = field(default_factory=list)

    def wake(self, route: Route) -> None:
        self.woken.append(route)

    def insist(self, route: Route) -> None:
        self.insisted.append(route)


@dataclass
class FakePlaces:
    """Says of a place what it is told to say."""

    wanted: bool = False
    pressed: bool = False

    def is_wanted(self, route: Route) -> bool:
        return self.wanted

    def is_pressed(self, route: Route) -> bool:
        return self.pressed


@dataclass
class FakeGatherer:
    """Remembers the claims that it is told of: how many messages, and whether more waited."""

    claims: list[tuple[int, bool]] = field(default_factory=list)

    def claimed(self, route: Route, count: int, *, more: bool) -> None:
        self.claims.append((count, more))


@dataclass
class FakeObserver:
    """Counts what it is told."""

    attempts: list[DeliverySettlement] = field(default_factory=list)
    lost: list[ClaimId] = field(default_factory=list)
    away: int = 0

    def attempted(self, claim: Claim, group: Sequence[DeliverySettlement]) -> None:
        assert claim.deliveries
        self.attempts.extend(group)

    def lease_lost(self, claim: ClaimId) -> None:
        self.lost.append(claim)

    def store_away(self) -> None:
        self.away += 1


@dataclass
class FakeMonotonic:
    """A clock that stands still until it is moved."""

    time: float = 100.0

    def __call__(self) -> float:
        return self.time


def with_states(base: ClaimedDelivery, *states: RecipientState) -> ClaimedDelivery:
    """Put states into a delivery."""
    return replace(base, states=states)
