"""What the scheduler does every second, so that nothing depends on a wake-up or a worker.

1. It may run twice at once, or not at all for a while, without harm.
2. A dead claim is taken over under a claim of its own, so that a worker that
   comes back finds its token worthless.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pillarbox.flows.ports.acceptance import Waker
from pillarbox.flows.ports.claims import Claim, ClaimStore
from pillarbox.flows.settle import Bookkeeper, Circumstances

MAX_CLAIMS_A_SWEEP = 100
"""A sweep ends; what it leaves is the next one's."""
EXPIRY_BATCH = 500
"""Deliveries that one transaction ends; keeps writers' waits to milliseconds."""

SCHEDULED_BATCH = 1000
"""Messages that one transaction lets be queued: a word each, where an expiry writes rows."""


@dataclass(frozen=True, slots=True)
class SweepResult:
    """How much a sweep found: dead claims, deliveries past their lifetime, routes with work.

    `uncertain` counts the recipients of dead claims of which nobody knows, by relay.
    """

    dead_claims: int
    expired: int
    due_routes: int
    uncertain: Mapping[str, int] = field(default_factory=dict)


class Sweeper:
    """The use case behind the scheduler's tick."""

    def __init__(
        self,
        *,
        store: ClaimStore,
        waker: Waker,
        bookkeeper: Bookkeeper,
        worker: str,
        lease: timedelta,
    ) -> None:
        self._store = store
        self._waker = waker
        self._bookkeeper = bookkeeper
        self._worker = worker
        self._lease = lease

    def __call__(self) -> SweepResult:
        """Reap dead claims, end what has expired, and wake workers for what is due."""
        uncertain: Counter[str] = Counter()
        dead = self._reap(uncertain)
        expired = self._expire()
        self._queue_scheduled()
        routes = self._store.due_routes()
        for route in routes:
            self._waker.insist(route)
        return SweepResult(dead, expired, len(routes), +uncertain)

    def _reap(self, uncertain: Counter[str]) -> int:
        for count in range(MAX_CLAIMS_A_SWEEP):
            claim = self._store.take_over(worker=self._worker, lease=self._lease)
            if claim is None:
                return count
            uncertain[claim.route.relay] += self._settle_dead(claim)
        return MAX_CLAIMS_A_SWEEP

    def _settle_dead(self, claim: Claim) -> int:
        """Settle what a dead worker held; of how many recipients nobody knows."""
        through = -1 if claim.data_through is None else claim.data_through
        circumstances = Circumstances(
            relay=claim.route.relay, started_at=claim.claimed_at, ended_at=claim.claimed_at
        )
        settlements = [
            self._bookkeeper.abandoned(
                delivery, circumstances, data_may_have_ended=delivery.place <= through
            )
            for delivery in claim.deliveries
        ]
        self._store.settle(claim.id, settlements)
        return sum(
            len(delivery.states) for delivery in claim.deliveries if delivery.place <= through
        )

    def _queue_scheduled(self) -> None:
        for _ in range(MAX_CLAIMS_A_SWEEP):
            if self._store.queue_scheduled(SCHEDULED_BATCH) < SCHEDULED_BATCH:
                break

    def _expire(self) -> int:
        expired = 0
        for _ in range(MAX_CLAIMS_A_SWEEP):
            claim = self._store.claim_expired(
                worker=self._worker, lease=self._lease, limit=EXPIRY_BATCH
            )
            if claim is None:
                break
            settlements = [self._bookkeeper.expired(each) for each in claim.deliveries]
            self._store.settle(claim.id, settlements)
            expired += len(settlements)
        return expired
