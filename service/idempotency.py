"""Idempotency-Key: what a caller may name a request by, and what makes two requests the same."""

import hashlib
import re
from typing import Any

import orjson

from pillarbox.domain.address import Mailbox
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Attachment, Submission
from pillarbox.domain.retry import OnUncertain
from pillarbox.flows.accept import IdempotencyRequest
from service.faults import Faults
from service.request_context import HeaderFields

HEADER = "Idempotency-Key"

_VISIBLE = re.compile(r"[\x21-\x7e]{1,256}")
_MIN_QUOTED = 2


def read_idempotency_key(headers: HeaderFields, faults: Faults) -> str | None:
    """Return the header's value without a pair of surrounding quotes; None if there is none."""
    value = headers.get(HEADER)
    if value is None:
        return None
    if len(value) >= _MIN_QUOTED and value[0] == value[-1] == '"':
        value = value[1:-1]
    if _VISIBLE.fullmatch(value) is None:
        faults.in_header(HEADER, "idempotency_key.syntax", "1 to 256 visible ASCII characters")
        return None
    return value


def identify(key: str | None, route: str, submission: Submission) -> IdempotencyRequest | None:
    """Name a request by its key, its route and what it asks for; None without a key."""
    if key is None:
        return None
    return IdempotencyRequest(key, request_sha256(route, submission))


def request_sha256(route: str, submission: Submission) -> bytes:
    """Hash the route and the validated submission in a form that two equal ones share.

    Members that are empty are left out, so that a member which a later version
    adds does not change the hash of a request that does not use it.
    """
    members: dict[str, Any] = {
        "from": _mailbox(submission.sender),
        "to": [_mailbox(each) for each in submission.to],
        "cc": [_mailbox(each) for each in submission.cc],
        "bcc": [_mailbox(each) for each in submission.bcc],
        "reply_to": [_mailbox(each) for each in submission.reply_to],
        "subject": submission.subject,
        "text": submission.text,
        "html": submission.html,
        "headers": submission.headers,
        "attachments": [_attachment(each) for each in submission.attachments],
        "tags": submission.tags,
        "metadata": dict(submission.metadata),
        "return_path": submission.return_path and submission.return_path.wire,
        "message_id": submission.message_id,
        "relay": submission.relay,
        "priority": None if submission.priority is Lane.NORMAL else submission.priority,
        "on_uncertain": None
        if submission.on_uncertain is OnUncertain.RETRY
        else submission.on_uncertain,
        "send_at": submission.wish.send_at,
        "expires_at": submission.wish.expires_at,
    }
    said = {name: value for name, value in members.items() if value}
    canonical = orjson.dumps([route, said], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).digest()


def _mailbox(mailbox: Mailbox) -> list[str]:
    return [mailbox.address.wire, mailbox.name]


def _attachment(attachment: Attachment) -> list[str | None]:
    return [
        attachment.filename,
        attachment.content_type,
        attachment.sha256.hex(),
        attachment.content_id,
    ]
