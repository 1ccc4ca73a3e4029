"""Attempts, a group at a time: counted, and said in as few lines as an operator needs.

1. What was sent is one line for the group, with the ids: found by any of them.
2. What was not, is a line of its own with every recipient's last word; at `debug`
   each attempt is. So is what could not be tried at all.
3. The price is the group's, not the message's: a line costs as much as building
   a mail.
"""

import logging
from collections import Counter
from collections.abc import Sequence

import structlog

from pillarbox.domain.attempt import Attempt, AttemptOutcome, RecipientState
from pillarbox.domain.outcome import Cause, Finding
from pillarbox.domain.reply import Reply
from pillarbox.domain.status import TERMINAL
from pillarbox.flows.ports.claims import Claim, DeliverySettlement
from pillarbox.observe.metrics import CODES, Metrics

log = structlog.stdlib.get_logger(__name__)


def count_attempts(metrics: Metrics, claim: Claim, group: Sequence[DeliverySettlement]) -> None:
    """Count a group's attempts, recipients, replies and times."""
    outcomes: Counter[tuple[str, str]] = Counter()
    replies: Counter[tuple[str, str, str]] = Counter()
    took = metrics.attempt_seconds.labels(claim.route.relay)
    attempted = [(each, each.attempt) for each in group if each.attempt is not None]
    for _, attempt in attempted:
        outcomes[attempt.relay, attempt.outcome] += 1
        took.observe(attempt.milliseconds / 1000)
        for step in attempt.steps:
            if step.reply is not None:
                replies[attempt.relay, step.command, _code(step.reply)] += 1
    for labels, count in outcomes.items():
        metrics.attempts.labels(*labels).inc(count)
    for told, count in replies.items():
        metrics.replies.labels(*told).inc(count)
    _count_recipients(metrics, claim, group)


def _code(reply: Reply) -> str:
    return str(reply.code) if reply.code in CODES else f"{reply.code // 100}xx"


def _count_recipients(metrics: Metrics, claim: Claim, group: Sequence[DeliverySettlement]) -> None:
    relay, lane = claim.route.relay, claim.route.lane.value
    statuses: Counter[str] = Counter()
    seconds: dict[str, list[float]] = {}
    for settlement in group:
        for state in settlement.states:
            statuses[state.status] += 1
            if state.status in TERMINAL and state.last_attempt_at is not None:
                took = (state.last_attempt_at - settlement.delivery.created_at).total_seconds()
                seconds.setdefault(state.status, []).append(took)
    for status, count in statuses.items():
        metrics.recipients.labels(relay, status).inc(count)
    for status, times in seconds.items():
        observe = metrics.time_to_outcome.labels(lane, status).observe
        for took in times:
            observe(took)


def say_attempts(claim: Claim, group: Sequence[DeliverySettlement]) -> None:
    """Log a group's attempts."""
    each_shown = logging.getLogger().isEnabledFor(logging.DEBUG)
    sent: list[tuple[DeliverySettlement, Attempt]] = []
    for settlement in group:
        attempt = settlement.attempt
        if attempt is None:
            log.warning("message_impossible", claim_id=claim.id, **_message(settlement))
        elif attempt.outcome is AttemptOutcome.SENT:
            sent.append((settlement, attempt))
            if each_shown:
                log.debug("message_attempted", **_whole(claim, settlement, attempt))
        else:
            log.info("message_attempted", **_whole(claim, settlement, attempt))
    if sent:
        last = sent[-1][1]
        log.info(
            "messages_sent",
            claim_id=claim.id,
            relay=last.relay,
            **_connection(last),
            messages=len(sent),
            slowest_milliseconds=round(max(attempt.milliseconds for _, attempt in sent), 1),
            message_ids=[settlement.delivery.message_id for settlement, _ in sent],
        )


def _whole(claim: Claim, settlement: DeliverySettlement, attempt: Attempt) -> dict[str, object]:
    return {
        "claim_id": claim.id,
        **_message(settlement),
        "relay": attempt.relay,
        **_connection(attempt),
        "outcome": attempt.outcome.value,
        "milliseconds": round(attempt.milliseconds, 1),
        "due_at": settlement.due_at.isoformat() if settlement.due_at else None,
    }


def _message(settlement: DeliverySettlement) -> dict[str, object]:
    return {
        "message_id": settlement.delivery.message_id,
        "part": settlement.delivery.part,
        "recipients": [_recipient(state) for state in settlement.states],
    }


def _connection(attempt: Attempt) -> dict[str, object]:
    facts = attempt.connection
    return {"host": facts.host if facts else None, "reused": facts.reused if facts else None}


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
