"""Carrying what is due to a relay: claim, send, settle, until nothing is left.

1. A connection comes first, the claim second: nothing waits behind a relay that
   cannot be reached.
2. A backlog gives its place up between two batches to whoever waits for one,
   and between two groups to a higher lane.
3. Now and then it takes a claim of a higher lane first, for which another process
   may have been woken that has no connection to give.
4. What waits for a relay that cannot be used is carried by the first relay that
   may stand in for it and can be; it stays with its own relay otherwise.
"""

from dataclasses import dataclass, replace

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.flows.batch import Batch, Means
from pillarbox.flows.ports.claims import ClaimStore, Errand
from pillarbox.flows.ports.transport import Line, Transport

LOOK_SECONDS = 0.25
"""Between two looks at higher lanes: half of what a claim takes, and one statement each."""


class Dispatcher:
    """Says over which relays a route's mail goes now."""

    def __init__(self, store: ClaimStore, transport: Transport) -> None:
        self._store = store
        self._transport = transport

    def __call__(self, route: Route) -> list[Errand]:
        """List the errands of a route; none while no relay can be used for it."""
        if self._transport.available(route.relay):
            return [Errand.usual(route)]
        errands = []
        for fallbacks in self._store.fallbacks(route):
            over = next((each for each in fallbacks if self._transport.available(each)), None)
            if over is not None:
                errands.append(Errand(route, over, fallbacks))
        return errands


class Deliverer:
    """The use case behind a wake-up."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def __call__(self, errand: Errand) -> bool:
        """Carry everything that is due, as far as one connection can be had for it.

        True if others want the place and something was left for later.
        """
        left = False
        line = self._means.transport.checkout(errand.over)
        if line is not None:
            try:
                left = self._carry(errand, line)
            finally:
                self._means.transport.give_back(line)
        if not self._means.transport.available(errand.over):
            self._means.waker.wake(errand.route)  # another relay may carry the rest
        return left

    def _carry(self, errand: Errand, line: Line) -> bool:
        looked = self._means.monotonic()
        while line.usable and not self._means.stopping.is_set():
            if self._means.monotonic() - looked >= LOOK_SECONDS:
                self._carry_higher(errand, line)
                looked = self._means.monotonic()
                continue
            carried = self._carry_claim(errand, line)
            if carried is None or not carried.headway or not carried.left:
                return False
            if self._means.places.is_wanted(errand.carried):
                return True
        return False

    def _carry_higher(self, errand: Errand, line: Line) -> None:
        """Carry a claim of a higher lane, if something is due there.

        The process that was woken for it may have no connection to give: those that
        the relay allows are ours.
        """
        for lane in list(Lane)[: list(Lane).index(errand.route.lane)]:
            route = replace(errand.route, lane=lane)
            if self._carry_claim(replace(errand, route=route), line) is not None:
                return

    def _carry_claim(self, errand: Errand, line: Line) -> "_Carried | None":
        """Claim, send and settle once; None if nothing was claimed."""
        size = self._means.claim_sizes.of(errand.over)
        granted = line.grant(size.now)
        if not granted:
            return None
        since = self._means.monotonic()
        claim = self._means.store.claim(
            errand,
            worker=self._means.worker,
            lease=self._means.rules.lease,
            limit=granted,
        )
        line.give_back_grant(granted - (len(claim.deliveries) if claim else 0))
        if claim is None:
            return None
        self._means.gatherer.claimed(errand.route, len(claim.deliveries), more=claim.more)
        if claim.more:
            self._means.waker.wake(errand.route)  # another thread, or worker, may help
        with (
            self._means.keeper.hold(claim.id, since=since) as hold,
            self._means.tracer.batch(claim),
        ):
            untried = Batch(self._means, claim, line, hold, since).carry()
        tried = len(claim.deliveries) - untried
        size.learn(tried, self._means.monotonic() - since)
        line.give_back_grant(untried)
        return _Carried(headway=tried > 0, left=claim.more or untried > 0)


@dataclass(frozen=True, slots=True)
class _Carried:
    """What came of a claim: whether anything was tried, and whether something is left that is due.

    Without `headway` nobody goes on: one thread would claim and hand back the same for ever.
    """

    headway: bool
    left: bool
