from collections.abc import Sequence

import structlog

from pillarbox.domain.ids import ClaimId, MessageId
from pillarbox.domain.message import AcceptedMessage
from pillarbox.domain.relay_state import Breaker
from pillarbox.flows.ports.claims import DeliverySettlement
from pillarbox.flows.sweep import SweepResult
from pillarbox.observe.attempts import count_attempts, say_attempts
from pillarbox.observe.metrics import Metrics

log = structlog.stdlib.get_logger(__name__)


class LoggingObserver:
    """Counts what happens, and says it; bodies and addresses never."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

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

    def attempted(self, group: Sequence[DeliverySettlement]) -> None:
        """Note the SMTP transactions of a group: one line for all that were sent.

        What was not, has a line of its own; at `debug` each has.
        """
        count_attempts(self._metrics, group)
        say_attempts(group)

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
        if result.dead_claims or result.expired:
            log.warning("sweep_found", dead_claims=result.dead_claims, expired=result.expired)

    def purged(self, what: str, count: int) -> None:
        """Count what was forgotten by its age."""
        self._metrics.purged.labels(what).inc(count)
        log.info("purged", what=what, count=count)

    def erased(self, messages: int, under_way: int) -> None:
        """Note an erasure; whose address it was is nobody's business any more."""
        log.info("recipient_erased", messages=messages, under_way=under_way)

    def wake_published(self) -> None:
        """Count a wake-up that is on its way."""
        self._metrics.wakeups.labels("published").inc()

    def wake_dropped(self) -> None:
        """Count a wake-up that the broker did not take."""
        self._metrics.wakeups.labels("dropped").inc()

    def relay_breaker(self, relay: str, breaker: Breaker) -> None:
        """Note whether a relay is left alone because it failed."""
        self._metrics.resting.labels(relay).set(breaker is not Breaker.CLOSED)
        self._metrics.parked.labels(relay).set(breaker is Breaker.PARKED)

    def relay_alone(self, relay: str, *, alone: bool) -> None:
        """Note whether this process keeps to its share of a relay's budget."""
        self._metrics.alone.labels(relay).set(alone)

    def relay_connections(self, relay: str, *, in_use: int, idle: int) -> None:
        """Note how many connections to a relay are open."""
        self._metrics.connections.labels(relay, "in_use").set(in_use)
        self._metrics.connections.labels(relay, "idle").set(idle)
