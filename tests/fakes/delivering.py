"""A deliverer among fakes."""

import threading
from datetime import timedelta

from pillarbox.domain.retry import RetrySchedule
from pillarbox.flows.batch import BatchRules, Means
from pillarbox.flows.claim_size import ClaimSizes
from pillarbox.flows.deliver import Deliverer
from pillarbox.flows.group_size import GroupSizes
from pillarbox.flows.lease import LeaseKeeper
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.ports.transport import Builder
from pillarbox.flows.settle import Bookkeeper
from pillarbox.observe.tracing import Untraced
from tests.fakes.categories import other
from tests.fakes.deliveries import (
    ROUTE,
    FakeClaimStore,
    FakeGatherer,
    FakeLine,
    FakeMonotonic,
    FakeObserver,
    FakePlaces,
    FakeTransport,
    FakeWaker,
)

LEASE = timedelta(seconds=60)


class Scene:
    """A deliverer among fakes; `run()` delivers once."""

    def __init__(self, store: FakeClaimStore, line: FakeLine | None, *, group: int = 2) -> None:
        self.store = store
        self.transport = FakeTransport(line)
        self.waker = FakeWaker()
        self.observer = FakeObserver()
        self.places = FakePlaces()
        self.gatherer = FakeGatherer()
        self.monotonic = FakeMonotonic()
        self.stopping = threading.Event()
        self.build: Builder = lambda _content: b"bytes"
        self.group = group
        self.route = ROUTE
        self.claim_sizes = ClaimSizes(100)

    def run(self) -> bool:
        schedule = RetrySchedule(timedelta(seconds=60), timedelta(hours=4))
        return Deliverer(
            Means(
                store=self.store,
                transport=self.transport,
                waker=self.waker,
                build=self.build,
                bookkeeper=Bookkeeper(schedule, other, lambda: 0.0),
                keeper=LeaseKeeper(self.store, LEASE, self.monotonic),
                observer=self.observer,
                places=self.places,
                gatherer=self.gatherer,
                tracer=Untraced(),
                worker="w1",
                rules=BatchRules(LEASE, self.group, 1_000_000),
                sizes=GroupSizes(self.group),
                claim_sizes=self.claim_sizes,
                monotonic=self.monotonic,
                stopping=self.stopping,
            )
        )(Errand.usual(self.route))
