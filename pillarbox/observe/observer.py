import math
from collections.abc import Sequence

import structlog

from pillarbox.domain.attempt import AttemptOutcome
from pillarbox.domain.ids import ClaimId, MessageId
from pillarbox.domain.message import AcceptedMessage
from pillarbox.domain.relay_state import Breaker, ConnectionCounts, RelayState
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.claims import Claim, DeliverySettlement
from pillarbox.flows.sweep import SweepResult
from pillarbox.observe.attempts import count_attempts, say_attempts
from pillarbox.observe.metrics import CLOSED_FOR, MADE, Metrics

log = structlog.stdlib.get_logger(__name__)


class LoggingObserver:
    """Counts what happens, and says it; bodies and addresses never."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._counted: dict[str, ConnectionCounts] = {}

    def accepted(self, message: AcceptedMessage) -> None:  # noqa: ARG002 - the port's word
        """Count a message that was committed; the line of its request says which it was."""
        self._metrics.accepted.inc()

    def accepted_batch(self, count: int) -> None:
        """Count what was committed together."""
        self._metrics.accepted.inc(count)

    def replayed(self) -> None:
        """Note that an answer was repeated for a known Idempotency-Key."""
        self._metrics.replayed.inc()

    def cancelled(self, message: MessageId, recipients: int) -> None:
        """Note that a caller wants nothing more tried for so many recipients."""
        self._metrics.cancelled.inc(recipients)
        log.info("message_cancelled", message_id=message, recipients=recipients)

    def retried(self, message: MessageId, recipients: int) -> None:
        """Note that a caller had so many recipients tried again."""
        self._metrics.retried.inc(recipients)
        log.info("message_retried", message_id=message, recipients=recipients)

    def attempted(self, claim: Claim, group: Sequence[DeliverySettlement]) -> None:
        """Note the SMTP transactions of a group: one line for all that were sent.

        What was not, has a line of its own; at `debug` each has.
        """
        count_attempts(self._metrics, claim, group)
        say_attempts(claim, group)

    def lease_lost(self, claim: ClaimId) -> None:
        """Note that the store gave a claim to somebody else while it was worked on."""
        self._metrics.leases_lost.inc()
        log.warning("lease_lost", claim_id=claim)

    def store_away(self) -> None:
        """Note that what is known could not be written down yet."""
        self._metrics.store_away.inc()
        log.error("store_away")

    def swept(self, result: SweepResult, seconds: float) -> None:
        """Note the end of a sweep, and say what it found if it found anything amiss."""
        self._metrics.sweeps.inc()
        self._metrics.sweep_seconds.observe(seconds)
        self._metrics.dead_claims.inc(result.dead_claims)
        self._metrics.expired.inc(result.expired)
        for relay, count in result.uncertain.items():
            self._metrics.recipients.labels(relay, RecipientStatus.UNCERTAIN).inc(count)
        if result.dead_claims or result.expired:
            log.warning(
                "sweep_found",
                dead_claims=result.dead_claims,
                expired=result.expired,
                uncertain=sum(result.uncertain.values()),
            )

    def purged(self, what: str, count: int) -> None:
        """Count what was forgotten by its age."""
        self._metrics.purged.labels(what).inc(count)
        log.info("purged", what=what, count=count)

    def purge_behind(self, what: str, seconds: float) -> None:
        """Show how far forgetting is behind."""
        self._metrics.purge_behind.labels(what).set(seconds)

    def erased(self, messages: int, under_way: int) -> None:
        """Note an erasure; whose address it was is nobody's business any more."""
        log.info("recipient_erased", messages=messages, under_way=under_way)

    def wake_published(self) -> None:
        """Count a wake-up that is on its way."""
        self._metrics.wakeups.labels("published").inc()

    def wake_dropped(self) -> None:
        """Count a wake-up that the broker did not take."""
        self._metrics.wakeups.labels("dropped").inc()

    def wake_received(self) -> None:
        """Count a wake-up that a worker took up."""
        self._metrics.wakeups_received.inc()

    def ticked(self, result: str) -> None:
        """Count what became of a sweep that was due."""
        self._metrics.ticks.labels(result).inc()

    def pulse_felt(self) -> None:
        """Note that this process hears what is published to it, now."""
        self._metrics.pulse.set_to_current_time()

    def worker_alone(self, alone: bool) -> None:  # noqa: FBT001 - what a look found, and nothing else
        """Note whether this process finds its mail without the broker."""
        self._metrics.worker_alone.set(alone)

    def relay_configured(self, relay: str, places: int) -> None:
        """Show a relay before its first connection: an alert needs the zero to compare with."""
        self._metrics.places.labels(relay).set(places)
        for outcome in AttemptOutcome:
            self._metrics.attempts.labels(relay, outcome)
        for status in MADE:
            self._metrics.recipients.labels(relay, status)
        self.relay_breaker(relay, Breaker.CLOSED)
        self.relay_alone(relay, alone=False)
        self.relay_looked_at(relay, RelayState(), ConnectionCounts())

    def relay_breaker(self, relay: str, breaker: Breaker) -> None:
        """Note whether a relay is left alone because it failed."""
        self._metrics.resting.labels(relay).set(breaker is not Breaker.CLOSED)
        self._metrics.parked.labels(relay).set(breaker is Breaker.PARKED)

    def relay_failed(self, relay: str, reason: str) -> None:
        """Count a failure of the relay's, not a message's."""
        self._metrics.failures.labels(relay, reason).inc()

    def relay_alone(self, relay: str, *, alone: bool) -> None:
        """Note whether this process keeps to its share of a relay's budget."""
        self._metrics.alone.labels(relay).set(alone)

    def relay_budget(self, relay: str, used: int | None) -> None:
        """Note how many connections all workers have; None if nobody can be asked."""
        self._metrics.places_used.labels(relay).set(math.nan if used is None else used)

    def relay_looked_at(self, relay: str, state: RelayState, counts: ConnectionCounts) -> None:
        """Note how a relay is, and what became of connections since it was looked at last."""
        metrics, before = self._metrics, self._counted.get(relay, ConnectionCounts())
        metrics.connections.labels(relay, "in_use").set(state.in_use)
        metrics.connections.labels(relay, "idle").set(state.idle)
        metrics.allowed.labels(relay).set(state.concurrency)
        for each in Breaker:
            metrics.breaker.labels(relay, each.word).set(each is state.breaker)
        metrics.opened.labels(relay).inc(counts.opened - before.opened)
        metrics.reused.labels(relay).inc(counts.reused - before.reused)
        for reason in CLOSED_FOR:
            closed = counts.closed.get(reason, 0) - before.closed.get(reason, 0)
            metrics.closed.labels(relay, reason).inc(closed)
        self._counted[relay] = counts
