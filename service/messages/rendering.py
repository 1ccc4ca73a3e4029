"""From domain values to the JSON of an answer, written once and to the letter of the contract."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, assert_never

import orjson

from pillarbox.domain.attempt import Attempt, Step
from pillarbox.domain.message import AcceptedMessage
from pillarbox.domain.outcome import Cause, Finding
from pillarbox.domain.reply import Reply
from pillarbox.domain.status import MessageStatus, RecipientStatus
from pillarbox.flows.ports.reading import MessageView, RecipientView


def render_accepted(message: AcceptedMessage) -> bytes:
    """Write the body of a 202."""
    return orjson.dumps(
        {
            "id": message.id,
            "status": MessageStatus.SCHEDULED if message.send_at else MessageStatus.QUEUED,
            "created_at": render_time(message.created_at),
            "internet_message_id": message.content.internet_message_id,
            "recipients": [
                {
                    "email": str(recipient.address),
                    "kind": recipient.kind,
                    "status": RecipientStatus.QUEUED,
                }
                for recipient in message.recipients
            ],
        }
    )


def render_message(view: MessageView) -> bytes:
    """Write one message: everything but bodies."""
    return orjson.dumps(_message(view))


def render_messages(views: Iterable[MessageView], next_cursor: str | None) -> bytes:
    """Write a page of messages."""
    return orjson.dumps({"data": [_message(view) for view in views], "next_cursor": next_cursor})


def render_attempts(attempts: Iterable[Attempt]) -> bytes:
    """Write every attempt of one message: all of them, so that there is no next page."""
    return orjson.dumps({"data": [_attempt(each) for each in attempts], "next_cursor": None})


def render_time(moment: datetime | None) -> str | None:
    """Write a time as RFC 3339 in UTC, with `Z` and milliseconds."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(view: MessageView) -> dict[str, Any]:
    return {
        "id": view.id,
        "status": view.status,
        "created_at": render_time(view.created_at),
        "send_at": render_time(view.send_at),
        "expires_at": render_time(view.expires_at),
        "internet_message_id": view.internet_message_id,
        "from": view.sender,
        "return_path": view.envelope_sender,
        "subject": view.subject,
        "tags": view.tags,
        "metadata": dict(view.metadata),
        "size": view.size,
        "priority": view.priority,
        "on_uncertain": view.on_uncertain,
        "relay": view.relay,
        "batch_id": view.batch_id,
        "recipients": [_recipient(each) for each in view.recipients],
    }


def _recipient(view: RecipientView) -> dict[str, Any]:
    state = view.state
    return {
        "email": view.email,
        "kind": view.kind,
        "status": state.status,
        "category": state.category,
        **_cause(state.cause),
        "relay": state.relay,
        "host": state.host,
        "attempts": state.attempts,
        "last_attempt_at": render_time(state.last_attempt_at),
        "next_attempt_at": render_time(state.next_attempt_at),
        "feedback": None,
    }


def _cause(cause: Cause | None) -> dict[str, Any]:
    """Keep apart what a server said and what we found: never both, never one as the other."""
    match cause:
        case None:
            return {"reply": None, "reason": None}
        case Reply():
            return {"reply": _reply(cause), "reason": None}
        case Finding():
            return {"reply": None, "reason": {"code": cause.code, "detail": cause.detail}}
        case _:
            assert_never(cause)


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "code": reply.code,
        "enhanced": reply.enhanced,
        "text": reply.text,
        "command": reply.command,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    connection = attempt.connection
    encrypted = connection is not None and connection.tls_version is not None
    return {
        "relay": attempt.relay,
        "host": connection and connection.host,
        "tls": {"version": connection.tls_version, "cipher": connection.tls_cipher}
        if connection is not None and encrypted
        else None,
        "connection": connection and ("reused" if connection.reused else "new"),
        "started_at": render_time(attempt.started_at),
        "milliseconds": round(attempt.milliseconds, 3),
        "outcome": attempt.outcome,
        "steps": [_step(step) for step in attempt.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "command": step.command,
        "recipient": None if step.recipient is None else str(step.recipient),
        "reply": None if step.reply is None else _reply(step.reply),
        "milliseconds": round(step.milliseconds, 3),
    }
