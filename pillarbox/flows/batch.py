"""One claim on its way over one connection.

1. No transaction is open while the network is talked to.
2. Data ends only under a mark ("data begins") that was committed while the
   lease held; the settling of one group sets the mark of the next.
3. What was tried is settled or left to its lease, never handed back.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.outcome import Finding, FindingCode
from pillarbox.domain.retry import OnUncertain
from pillarbox.flows.claim_size import SECONDS as CLAIM_SECONDS
from pillarbox.flows.claim_size import ClaimSizes
from pillarbox.flows.contents import Contents
from pillarbox.flows.group_size import GroupSizes
from pillarbox.flows.lease import Hold, LeaseKeeper
from pillarbox.flows.ports.acceptance import Waker
from pillarbox.flows.ports.claims import (
    Claim,
    ClaimedDelivery,
    ClaimStore,
    DeliverySettlement,
    SettleResult,
)
from pillarbox.flows.ports.surroundings import Gatherer, Observer, Places
from pillarbox.flows.ports.tracing import Tracer
from pillarbox.flows.ports.transport import Builder, Line, Parcel, Transmission, Transport
from pillarbox.flows.settle import Bookkeeper, Circumstances

STORE_PAUSE_SECONDS = 0.5
"""Between two tries to write down what became of a group while the store is away."""
LAST_TRIES_SECONDS = 10.0
"""For the same once the process is to end: a database that restarts with us is back by then."""
LATE_TIMES = 2
"""A claim that takes so many times what it was made for is handed back, for another to be made."""


@dataclass(frozen=True, slots=True)
class BatchRules:
    """How much one mark covers, and how long a claim is ours.

    After a crash at most one group is uncertain: `group_messages` is the price
    of a mark shared by several. `group_octets` bounds the bytes of one group, and
    the fields of what is loaded at a time.
    """

    lease: timedelta
    group_messages: int
    group_octets: int


@dataclass(frozen=True, slots=True)
class Means:
    """What a worker process delivers with; one for all its threads.

    `stopping` is set when the process is told to end. `monotonic` gives seconds.
    """

    store: ClaimStore
    transport: Transport
    waker: Waker
    build: Builder
    bookkeeper: Bookkeeper
    keeper: LeaseKeeper
    observer: Observer
    places: Places
    gatherer: Gatherer
    tracer: Tracer
    worker: str
    rules: BatchRules
    sizes: GroupSizes
    claim_sizes: ClaimSizes
    monotonic: Callable[[], float]
    stopping: threading.Event


class Batch:
    """One claim on its way over one connection."""

    def __init__(self, means: Means, claim: Claim, line: Line, hold: Hold, since: float) -> None:
        self._means = means
        self._claim = claim
        self._line = line
        self._hold = hold
        self._since = since
        self._marked_through = -1
        self._size = means.sizes.of(claim.route.relay)
        self._contents = Contents(means.store, claim.deliveries, means.rules.group_octets)
        self._pause = threading.Event()  # nobody sets it: what is known outlasts `stopping`

    def carry(self) -> int:
        """Send and settle group after group; hand back what was never tried, and count it."""
        groups = _grouped(self._claim.deliveries, self._means.rules, lambda: self._size.now)
        group = next(groups, [])
        untried, tried = 0, False
        while group:
            if self._is_over() or (tried and self._gives_way()):
                untried += len(group) + sum(map(len, groups))
                break
            settlements = self._send(group)
            following = next(groups, [])
            through = following[-1].place if following and not self._is_over() else None
            result = self._settle(settlements, through)
            if not result.held:
                self._means.observer.lease_lost(self._claim.id)
                return 0
            self._means.observer.attempted(self._claim, settlements)
            if result.data_begun and through is not None:
                self._marked_through = through
            untried += len(group) - len(settlements)
            group, tried = following, True
        if untried:
            self._means.store.hand_back(self._claim.id)
        return untried

    def _is_over(self) -> bool:
        return self._means.stopping.is_set() or not self._line.usable

    def _gives_way(self) -> bool:
        """Whether to hand back what is left: a higher lane waits, or the relay has turned slow."""
        if self._means.monotonic() - self._since > LATE_TIMES * CLAIM_SECONDS:
            return True
        return self._means.places.is_pressed(self._claim.route)

    def _send(self, group: Sequence[ClaimedDelivery]) -> list[DeliverySettlement]:
        parcels, settlements = self._build(group)
        if not parcels:
            return settlements
        last = parcels[-1].delivery.place
        started_at = self._now()
        since = self._means.monotonic()
        transmissions = self._line.send(parcels, lambda: self._may_end_data(last))
        took = (self._means.monotonic() - since) * 1_000
        self._size.learn(len(transmissions), took, sum(each.milliseconds for each in transmissions))
        for transmission in transmissions:
            settlements.append(self._written_down(transmission, started_at))
            started_at += timedelta(milliseconds=transmission.milliseconds)
        return settlements

    def _build(
        self, group: Sequence[ClaimedDelivery]
    ) -> tuple[list[Parcel], list[DeliverySettlement]]:
        """Build a group; what has been erased meanwhile is in neither of the two lists."""
        parcels: list[Parcel] = []
        impossible: list[DeliverySettlement] = []
        for delivery in group:
            content = self._contents.of(delivery)
            if content is None:
                continue
            try:
                parcels.append(Parcel(delivery, self._means.build(content)))
            except ValueError as error:
                finding = Finding(FindingCode.UNBUILDABLE, str(error))
                impossible.append(self._means.bookkeeper.impossible(delivery, finding, self._now()))
        return parcels, impossible

    def _may_end_data(self, through: int) -> bool:
        if not self._hold.alive:
            return False
        if self._marked_through >= through:
            return True
        begun = self._means.store.begin_data(self._claim.id, through)
        if begun:
            self._marked_through = through
        return begun

    def _written_down(self, transmission: Transmission, started_at: datetime) -> DeliverySettlement:
        circumstances = Circumstances(
            relay=self._claim.route.relay,
            started_at=started_at,
            ended_at=started_at + timedelta(milliseconds=transmission.milliseconds),
            steps=transmission.steps,
            connection=transmission.connection,
        )
        settlement = self._means.bookkeeper.attempted(
            transmission.parcel.delivery, transmission.outcomes, circumstances
        )
        self._means.tracer.attempted(settlement)
        return settlement

    def _settle(self, settlements: list[DeliverySettlement], following: int | None) -> SettleResult:
        """Write down what is known, as often as the store needs: nobody else knows it."""
        until: float | None = None
        while True:
            try:
                return self._means.store.settle(
                    self._claim.id, settlements, begin_data_through=following
                )
            except StoreUnavailableError:
                self._means.observer.store_away()
                if self._means.stopping.is_set():
                    now = self._means.monotonic()
                    until = now + LAST_TRIES_SECONDS if until is None else until
                    if now >= until:
                        raise
                self._pause.wait(STORE_PAUSE_SECONDS)

    def _now(self) -> datetime:
        """Tell the database's time, from when it made the claim."""
        return self._claim.claimed_at + timedelta(seconds=self._means.monotonic() - self._since)


def _grouped(
    deliveries: Sequence[ClaimedDelivery], rules: BatchRules, size: Callable[[], int] | None = None
) -> Iterator[list[ClaimedDelivery]]:
    """Cut a claim into groups, each under one mark and bounded in count and octets.

    `size` is asked for the count each time, and is never above the rules'.

    A delivery of which something is uncertain goes alone: what broke its group once
    must not make the same neighbours uncertain again. So does one that would be held
    if it became uncertain: it must not be because of its neighbours.
    """
    group: list[ClaimedDelivery] = []
    octets = 0
    for delivery in deliveries:
        if _goes_alone(delivery):
            if group:
                yield group
            yield [delivery]
            group, octets = [], 0
            continue
        most = rules.group_messages if size is None else size()
        full = len(group) >= most or octets + delivery.size > rules.group_octets
        if group and full:
            yield group
            group, octets = [], 0
        group.append(delivery)
        octets += delivery.size
    if group:
        yield group


def _goes_alone(delivery: ClaimedDelivery) -> bool:
    held = delivery.on_uncertain is OnUncertain.HOLD
    return held or any(state.uncertain_attempts for state in delivery.states)
