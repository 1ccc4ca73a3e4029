from datetime import datetime

import structlog

from pillarbox.domain.attempt import Attempt, RecipientState
from pillarbox.domain.ids import ClaimId
from pillarbox.domain.message import AcceptedMessage
from pillarbox.domain.outcome import Cause, Finding
from pillarbox.domain.relay_state import Breaker
from pillarbox.domain.reply import Reply
from pillarbox.domain.status import TERMINAL
from pillarbox.flows.ports.claims import DeliverySettlement
from pillarbox.flows.sweep import SweepResult
from pillarbox.observe.metrics import Metrics

log = structlog.stdlib.get_logger(__name__)


class LoggingObserver:
    """Counts what happens, and says it in one line each; bodies and addresses never."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def accepted(self, message: AcceptedMessage) -> None:  # noqa: ARG002 - the port's word
        """Count a message that was committed; the line of its request says which it was."""
        self._metrics.accepted.inc()

    def replayed(self) -> None:
        """Note that an answer was repeated for a known Idempotency-Key."""
        self._metrics.replayed.inc()

    def attempted(self, settlement: DeliverySettlement) -> None:
        """Note that a delivery met an SMTP transaction."""
        attempt = settlement.attempt
        if attempt is None:
            return
        delivery = settlement.delivery
        self._count(attempt, settlement.states, delivery.created_at)
        log.info(
            "message_attempted",
            message_id=delivery.message_id,
            part=delivery.part,
            relay=attempt.relay,
            host=attempt.connection.host if attempt.connection else None,
            reused=attempt.connection.reused if attempt.connection else None,
            outcome=attempt.outcome.value,
            milliseconds=round(attempt.milliseconds, 1),
            due_at=settlement.due_at.isoformat() if settlement.due_at else None,
            recipients=[_recipient(state) for state in settlement.states],
        )

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

    def _count(
        self, attempt: Attempt, states: tuple[RecipientState, ...], created_at: datetime
    ) -> None:
        self._metrics.attempts.labels(attempt.relay, attempt.outcome.value).inc()
        for state in states:
            self._metrics.recipients.labels(attempt.relay, state.status.value).inc()
            if state.status in TERMINAL and state.last_attempt_at is not None:
                seconds = (state.last_attempt_at - created_at).total_seconds()
                self._metrics.seconds_to_outcome.labels(state.status.value).observe(seconds)
        for step in attempt.steps:
            if step.reply is not None:
                code_class = f"{step.reply.code // 100}xx"
                self._metrics.replies.labels(attempt.relay, step.command.value, code_class).inc()


def _recipient(state: RecipientState) -> dict[str, object]:
    """Say what became of one recipient, by its position in the message."""
    category = {"category": state.category.value} if state.category else {}
    return {
        "position": state.position,
        "status": state.status.value,
        "attempts": state.attempts,
        **category,
        **_cause(state.cause),
    }


def _cause(cause: Cause | None) -> dict[str, object]:
    match cause:
        case Reply():
            return {"reply": str(cause), "command": cause.command.value}
        case Finding():
            return {"finding": cause.code.value, "detail": cause.detail}
        case None:
            return {}
