"""What became of a delivery, as what is written down of it: pure, no store and no clock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from pillarbox.domain.attempt import Attempt, AttemptOutcome, ConnectionFacts, RecipientState, Step
from pillarbox.domain.category import Category
from pillarbox.domain.outcome import (
    Bounced,
    Cause,
    Deferred,
    Finding,
    FindingCode,
    Outcome,
    Sent,
    Uncertain,
)
from pillarbox.domain.retry import MAX_UNCERTAIN_RETRIES, OnUncertain, RetrySchedule
from pillarbox.domain.status import Event, next_status
from pillarbox.flows.ports.claims import ClaimedDelivery, DeliverySettlement

_WORKER_LOST = "the worker that had taken the message on was lost"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Over which relay an attempt went, when it began and took how long, and what was said."""

    relay: str
    started_at: datetime
    ended_at: datetime
    steps: tuple[Step, ...] = ()
    connection: ConnectionFacts | None = None


class Bookkeeper:
    """Turns outcomes into states: the retry schedule and the categories are its rules."""

    def __init__(
        self,
        schedule: RetrySchedule,
        categorise: Callable[[Cause], Category],
        draw: Callable[[], float],
    ) -> None:
        self._schedule = schedule
        self._categorise = categorise
        self._draw = draw

    def attempted(
        self,
        delivery: ClaimedDelivery,
        outcomes: tuple[Outcome, ...],
        circumstances: Circumstances,
    ) -> DeliverySettlement:
        """Settle a delivery that met an SMTP transaction: one outcome for each recipient."""
        draw = self._draw()  # one draw an attempt: those deferred together stay together
        held = delivery.on_uncertain is OnUncertain.HOLD
        states = tuple(
            self._after(state, outcome, circumstances, draw, held=held)
            for state, outcome in zip(delivery.states, outcomes, strict=True)
        )
        took = circumstances.ended_at - circumstances.started_at
        attempt = Attempt(
            relay=circumstances.relay,
            started_at=circumstances.started_at,
            milliseconds=took.total_seconds() * 1000,
            outcome=summarise(outcomes),
            steps=circumstances.steps,
            connection=circumstances.connection,
        )
        return _settlement(delivery, states, attempt)

    def impossible(
        self, delivery: ClaimedDelivery, finding: Finding, now: datetime
    ) -> DeliverySettlement:
        """Settle a delivery that can never be attempted, by our own finding."""
        states = tuple(
            replace(
                state,
                status=next_status(state.status, Bounced(finding)),
                cause=finding,
                category=self._categorise(finding),
                last_attempt_at=now,
                next_attempt_at=None,
            )
            for state in delivery.states
        )
        return _settlement(delivery, states, None)

    def abandoned(
        self, delivery: ClaimedDelivery, circumstances: Circumstances, *, data_may_have_ended: bool
    ) -> DeliverySettlement:
        """Settle a delivery whose worker was lost with it.

        Without the mark its data cannot have ended: it is due again at once,
        and is charged no attempt. With the mark nobody knows.
        """
        finding = Finding(FindingCode.WORKER_LOST, _WORKER_LOST)
        if data_may_have_ended:
            outcomes = tuple(Uncertain(finding) for _ in delivery.recipients)
            return self.attempted(delivery, outcomes, circumstances)
        states = tuple(
            replace(
                state,
                status=next_status(state.status, Deferred(finding)),
                cause=finding,
                category=self._categorise(finding),
                next_attempt_at=circumstances.ended_at,
            )
            for state in delivery.states
        )
        return _settlement(delivery, states, None)

    def expired(self, delivery: ClaimedDelivery) -> DeliverySettlement:
        """Settle a delivery whose lifetime has passed; what it last met stays to be read."""
        return _settlement(delivery, tuple(self._expire(state) for state in delivery.states), None)

    def _expire(self, state: RecipientState) -> RecipientState:
        if state.uncertain_attempts:
            status = next_status(state.status, Event.EXPIRE_UNCERTAIN)
            return replace(state, status=status, next_attempt_at=None)
        finding = Finding(FindingCode.LIFETIME_PASSED, "its lifetime passed before it was sent")
        return replace(
            state,
            status=next_status(state.status, Event.EXPIRE),
            cause=state.cause or finding,
            category=state.category or self._categorise(finding),
            next_attempt_at=None,
        )

    def _after(
        self,
        state: RecipientState,
        outcome: Outcome,
        circumstances: Circumstances,
        draw: float,
        *,
        held: bool,
    ) -> RecipientState:
        attempts = state.attempts + 1
        uncertain = state.uncertain_attempts
        next_attempt_at: datetime | None = None
        cause: Cause
        category: Category | None
        match outcome:
            case Sent(reply):
                cause, category = reply, None
            case Deferred(why):
                cause, category = why, self._categorise(why)
                next_attempt_at = circumstances.ended_at + self._pause(attempts, draw)
            case Bounced(why):
                cause, category = why, self._categorise(why)
            case Uncertain(why):
                cause, category = why, self._categorise(why)
                uncertain += 1
                if not held and uncertain <= MAX_UNCERTAIN_RETRIES:
                    next_attempt_at = circumstances.ended_at + self._pause(attempts, draw)
            case _:
                assert_never(outcome)
        return RecipientState(
            position=state.position,
            status=next_status(state.status, outcome),
            attempts=attempts,
            uncertain_attempts=uncertain,
            last_attempt_at=circumstances.ended_at,
            next_attempt_at=next_attempt_at,
            cause=cause,
            category=category,
            relay=circumstances.relay,
            host=circumstances.connection.host if circumstances.connection else None,
        )

    def _pause(self, attempts: int, draw: float) -> timedelta:
        return self._schedule.pause(attempts, lambda: draw)


def summarise(outcomes: tuple[Outcome, ...]) -> AttemptOutcome:
    """Name what an attempt came to over all its recipients.

    `uncertain` for one is said of the whole: whoever looks for what may have
    been sent twice must not have to look behind `partial`.
    """
    kinds = {type(outcome) for outcome in outcomes} if len(outcomes) > 1 else ()
    if Uncertain in kinds:
        return AttemptOutcome.UNCERTAIN
    if len(kinds) > 1:
        return AttemptOutcome.PARTIAL
    match outcomes[0]:
        case Sent():
            return AttemptOutcome.SENT
        case Deferred():
            return AttemptOutcome.DEFERRED
        case Bounced():
            return AttemptOutcome.BOUNCED
        case Uncertain():
            return AttemptOutcome.UNCERTAIN


def _settlement(
    delivery: ClaimedDelivery, states: tuple[RecipientState, ...], attempt: Attempt | None
) -> DeliverySettlement:
    due_at = delivery.others_due_at
    for state in states:
        following = state.next_attempt_at
        if following is not None and (due_at is None or following < due_at):
            due_at = following
    return DeliverySettlement(delivery, states, due_at, attempt)
