"""`RecipientState` and `Attempt` as columns, and back."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row as SqlRow

from pillarbox.domain.attempt import (
    Attempt,
    AttemptOutcome,
    ConnectionFacts,
    RecipientState,
)
from pillarbox.domain.category import Category
from pillarbox.domain.outcome import Cause, Finding, FindingCode
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.status import RecipientStatus
from pillarbox.store.bulk import Row
from pillarbox.store.document import storable
from pillarbox.store.steps import read_steps, write_steps
from pillarbox.store.tables import recipients

STATE_COLUMNS = (
    recipients.c.status,
    recipients.c.attempts,
    recipients.c.uncertain_attempts,
    recipients.c.last_attempt_at,
    recipients.c.next_attempt_at,
    recipients.c.category,
    recipients.c.relay,
    recipients.c.host,
    recipients.c.reply_code,
    recipients.c.reply_enhanced,
    recipients.c.reply_text,
    recipients.c.reply_command,
    recipients.c.finding_code,
    recipients.c.finding_detail,
)
"""What changes of a recipient."""

_CAUSE = STATE_COLUMNS.index(recipients.c.reply_code)
"""From here on they say why."""

_STATUSES = {each.value: each for each in RecipientStatus}
"""A look-up costs a tenth of the enum's own call."""


def write_state(state: RecipientState) -> dict[str, Any]:
    """Write a state as the values of `STATE_COLUMNS`."""
    reply = state.cause if isinstance(state.cause, Reply) else None
    finding = state.cause if isinstance(state.cause, Finding) else None
    return {
        "status": state.status.value,
        "attempts": state.attempts,
        "uncertain_attempts": state.uncertain_attempts,
        "last_attempt_at": state.last_attempt_at,
        "next_attempt_at": state.next_attempt_at,
        "category": state.category.value if state.category else None,
        "relay": state.relay,
        "host": state.host,
        "reply_code": reply.code if reply else None,
        "reply_enhanced": reply.enhanced if reply else None,
        "reply_text": storable(reply.text) if reply else None,
        "reply_command": reply.command.value if reply else None,
        "finding_code": finding.code.value if finding else None,
        "finding_detail": storable(finding.detail) if finding else None,
    }


def read_state(position: int, values: Sequence[Any]) -> RecipientState:
    """Make a state from the values of `STATE_COLUMNS`."""
    stored, attempts, uncertain_attempts, last, following, category, relay, host = values[:_CAUSE]
    return RecipientState(
        position,
        _STATUSES[stored],
        attempts,
        uncertain_attempts,
        last,
        following,
        _read_cause(values[_CAUSE:]),
        Category(category) if category else None,
        relay,
        host,
    )


def _read_cause(values: Sequence[Any]) -> Cause | None:
    code, enhanced, text, command, finding, detail = values
    if code is not None:
        return Reply(code, text, Verb(command), enhanced)
    if finding is not None:
        return Finding(FindingCode(finding), detail)
    return None


def write_attempt(message_id: str, part: int, attempt: Attempt) -> Row:
    """Write an attempt as a row."""
    facts = attempt.connection
    return {
        "message_id": message_id,
        "part": part,
        "started_at": attempt.started_at,
        "relay": attempt.relay,
        "milliseconds": attempt.milliseconds,
        "outcome": attempt.outcome.value,
        "host": facts.host if facts else None,
        "tls_version": facts.tls_version if facts else None,
        "tls_cipher": facts.tls_cipher if facts else None,
        "reused": facts.reused if facts else None,
        "steps": write_steps(attempt.steps),
    }


def read_attempt(row: SqlRow[Any]) -> Attempt:
    """Make an attempt from its row."""
    connection = None
    if row.host is not None:
        connection = ConnectionFacts(row.host, row.tls_version, row.tls_cipher, row.reused)
    return Attempt(
        relay=row.relay,
        started_at=row.started_at,
        milliseconds=row.milliseconds,
        outcome=AttemptOutcome(row.outcome),
        steps=read_steps(row.steps),
        connection=connection,
    )
