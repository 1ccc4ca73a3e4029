"""From a JSON document to a checked `Submission`."""

from datetime import datetime
from typing import Any

from pillarbox.domain.errors import InvalidInputError
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Submission
from pillarbox.domain.retry import OnUncertain
from pillarbox.domain.schedule import Wish
from service.faults import Faults
from service.json_document import Json
from service.messages.schemas import SUBMISSION
from service.services import Limits
from service.validation import SENTENCES, note

_RECIPIENTS = ("to", "cc", "bcc")
_LISTS = (*_RECIPIENTS, "reply_to")

_NAMED_AT_MOST = 20
"""Mentions for each recipient allowed, doubled ones included; more are not even read."""


def read_submission(document: Json, limits: Limits, faults: Faults, now: datetime) -> Submission:
    """Return what the document asks for; raises `InvalidInputError` with every fault.

    `faults` may hold those found before; they are told with the others.
    """
    if not isinstance(document, dict):
        faults.in_body((), "type.object", SENTENCES["type.object"])
        faults.raise_if_any()
        raise InvalidInputError(())
    refuse_crowds(document, limits, faults)
    members, wrong = SUBMISSION.read(document)
    note(wrong, (), faults)
    return compose_checked(document, members, limits, faults, now)


def compose_checked(
    document: dict[str, Json],
    members: dict[str, Any],
    limits: Limits,
    faults: Faults,
    now: datetime,
) -> Submission:
    """Check what concerns several members, and make the submission; raises as above.

    `members` are those of the document that could be read.
    """
    _check_body(document, faults)
    _check_recipients(document, members, limits, faults)
    _check_times(members, now, faults)
    if (relay := members.get("relay")) is not None and relay not in limits.relays:
        faults.in_body(("relay",), "relay.unknown", "there is no relay of this name")
    faults.raise_if_any()
    return _compose(members)


def refuse_crowds(document: dict[str, Json], limits: Limits, faults: Faults) -> None:
    """Refuse lists so long that reading each address would itself do harm."""
    most = _NAMED_AT_MOST * limits.max_recipients
    crowded = False
    for member in _LISTS:
        named = document.get(member)
        if isinstance(named, list) and len(named) > most:
            faults.in_body((member,), "recipients.too_many", f"at most {limits.max_recipients}")
            crowded = True
    if crowded:
        faults.raise_if_any()


def _check_body(document: dict[str, Json], faults: Faults) -> None:
    if "text" not in document and not document.get("html"):
        faults.in_body(("text",), "body.required", "a message has text, html or both")


def _check_recipients(
    document: dict[str, Json], members: dict[str, Any], limits: Limits, faults: Faults
) -> None:
    if not any(document.get(member) not in (None, []) for member in _RECIPIENTS):
        faults.in_body(("to",), "recipients.required", "a message has a recipient: to, cc or bcc")
    named = [box.address for member in _RECIPIENTS for box in members.get(member, ())]
    if len(named) > limits.max_recipients and len(set(named)) > limits.max_recipients:
        faults.in_body(("to",), "recipients.too_many", f"at most {limits.max_recipients}")
    if len(members.get("reply_to", ())) > limits.max_recipients:
        faults.in_body(("reply_to",), "recipients.too_many", f"at most {limits.max_recipients}")


def _check_times(members: dict[str, Any], now: datetime, faults: Faults) -> None:
    wish = _wish(members)
    found = wish.faults(now)
    if found or faults:
        # Alone it is acceptance's to find, behind the Idempotency-Key; here it joins the others.
        found += wish.passed(now)
    for member, code, detail in found:
        faults.in_body((member,), code, detail)


def _wish(members: dict[str, Any]) -> Wish:
    return Wish(members.get("send_at"), members.get("expires_at"))


def _compose(members: dict[str, Any]) -> Submission:
    headers = members.get("headers", ())
    html = members.get("html") or None
    text = members.get("text")
    return Submission(
        sender=members["sender"],
        to=members.get("to", ()),
        cc=members.get("cc", ()),
        bcc=members.get("bcc", ()),
        reply_to=members.get("reply_to", ()),
        subject=members.get("subject", ""),
        text=None if text == "" and html else text,
        html=html,
        headers=tuple(each for each in headers if not _is_message_id(each)),
        attachments=tuple(members.get("attachments", ())),
        tags=members.get("tags", ()),
        metadata=members.get("metadata", {}),
        return_path=members.get("return_path"),
        message_id=next((each[1] for each in headers if _is_message_id(each)), None),
        relay=members.get("relay"),
        priority=members.get("priority", Lane.NORMAL),
        on_uncertain=members.get("on_uncertain", OnUncertain.RETRY),
        wish=_wish(members),
    )


def _is_message_id(header: tuple[str, str]) -> bool:
    return header[0].lower() == "message-id"
