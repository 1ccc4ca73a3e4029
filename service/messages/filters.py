"""The query of a list of messages: which ones, how many, and from where on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from werkzeug.datastructures import MultiDict

from pillarbox.domain.ids import BATCH_PREFIX, MESSAGE_PREFIX, BatchId, MessageId, is_type_id
from pillarbox.domain.status import MessageStatus, RecipientStatus
from pillarbox.flows.ports.reading import MessageFilter
from pillarbox.mime.control_characters import has_control_character
from pillarbox.mime.errors import AddressSyntaxError
from pillarbox.mime.mailbox import parse_mailbox
from service.faults import Faults
from service.messages.fields import metadata_name_faults, tag_faults
from service.pagination import (
    CURSOR_PARAMETER,
    LIMIT_PARAMETER,
    Filter,
    decode_cursor,
    read_limit,
)
from service.timestamps import parse_timestamp

_METADATA = re.compile(r"metadata\[(.*)\]", re.DOTALL)
_MAX_FILTER_VALUES = 20
"""Of `tag` and of `metadata`: each is one more condition on every row."""

_ONCE = frozenset(
    {
        "status",
        "recipient",
        "recipient_status",
        "from",
        "batch",
        "created_after",
        "created_before",
        LIMIT_PARAMETER,
        CURSOR_PARAMETER,
    }
)


@dataclass(frozen=True, slots=True)
class MessagesQuery:
    """What a list was asked for; `chosen` is the filter as the next page's link repeats it."""

    wanted: MessageFilter
    limit: int
    before: MessageId | None
    chosen: Filter


def refuse_unknown_parameters(names: Iterable[str], faults: Faults) -> None:
    """Note a fault for every query parameter of a route that takes none."""
    for name in names:
        faults.in_parameter(name, "parameter.unknown", "is not known here")


def read_messages_query(arguments: MultiDict[str, str], faults: Faults) -> MessagesQuery:
    """Read the query, noting every fault; what is at fault is left out of the result."""
    _check_names(arguments, faults)
    metadata = _metadata(arguments, faults)
    tags = _tags(arguments.getlist("tag"), faults)
    wanted = MessageFilter(
        status=_one_of(MessageStatus, arguments, "status", faults),
        recipient=_address(arguments, "recipient", faults),
        recipient_status=_one_of(RecipientStatus, arguments, "recipient_status", faults),
        sender=_address(arguments, "from", faults),
        tags=tags,
        metadata=metadata,
        batch=_batch(arguments.get("batch"), faults),
        created_after=_time(arguments, "created_after", faults),
        created_before=_time(arguments, "created_before", faults),
    )
    chosen = Filter(
        tuple(
            (name, value)
            for name, value in arguments.items(multi=True)
            if name not in {LIMIT_PARAMETER, CURSOR_PARAMETER}
        )
    )
    return MessagesQuery(
        wanted=wanted,
        limit=read_limit(arguments.get(LIMIT_PARAMETER), faults),
        before=_before(arguments.get(CURSOR_PARAMETER), chosen, faults),
        chosen=chosen,
    )


def _check_names(arguments: MultiDict[str, str], faults: Faults) -> None:
    for name, values in arguments.lists():
        if name != "tag" and name not in _ONCE and not _METADATA.fullmatch(name):
            refuse_unknown_parameters([name], faults)
        elif name != "tag" and len(values) > 1:
            faults.in_parameter(name, "parameter.repeated", "may stand once")


def _before(cursor: str | None, chosen: Filter, faults: Faults) -> MessageId | None:
    if cursor is None:
        return None
    last = decode_cursor(cursor, chosen, faults)
    if last is None:
        return None
    if not is_type_id(last, MESSAGE_PREFIX):
        faults.in_parameter(CURSOR_PARAMETER, "cursor.syntax", "this is no cursor of this list")
        return None
    return MessageId(last)


def _one_of(
    vocabulary: type[StrEnum], arguments: MultiDict[str, str], name: str, faults: Faults
) -> str | None:
    value = arguments.get(name)
    if value is None or value in set(vocabulary):
        return value
    faults.in_parameter(name, "value.not_known", f"one of {', '.join(vocabulary)}")
    return None


def _batch(value: str | None, faults: Faults) -> BatchId | None:
    if value is None:
        return None
    if not is_type_id(value, BATCH_PREFIX):
        faults.in_parameter("batch", "id.syntax", "this is no id of a batch")
        return None
    return BatchId(value)


def _address(arguments: MultiDict[str, str], name: str, faults: Faults) -> str | None:
    value = arguments.get(name)
    if value is None:
        return None
    try:
        return parse_mailbox(value, name="").address.wire
    except AddressSyntaxError as error:
        faults.in_parameter(name, error.code, error.detail)
        return None


def _time(arguments: MultiDict[str, str], name: str, faults: Faults) -> datetime | None:
    value = arguments.get(name)
    if value is None:
        return None
    moment = parse_timestamp(value)
    if moment is None:
        faults.in_parameter(
            name, "time.syntax", "RFC 3339 with Z or an offset, whose + is written %2B"
        )
    return moment


def _tags(values: list[str], faults: Faults) -> tuple[str, ...]:
    found = [fault for value in values for fault in tag_faults(value)]
    for code, detail in found:
        faults.in_parameter("tag", code, detail)
    if len(values) > _MAX_FILTER_VALUES:
        faults.in_parameter("tag", "parameter.too_many", f"at most {_MAX_FILTER_VALUES}")
    return tuple(dict.fromkeys(values))


def _metadata(arguments: MultiDict[str, str], faults: Faults) -> tuple[tuple[str, str], ...]:
    wanted: list[tuple[str, str]] = []
    for parameter, value in arguments.items():
        match = _METADATA.fullmatch(parameter)
        if match is None:
            continue
        for code, detail in metadata_name_faults(match[1]):
            faults.in_parameter(parameter, code, detail)
        if has_control_character(value):
            faults.in_parameter(
                parameter, "metadata.control_character", "holds a control character"
            )
        wanted.append((match[1], value))
    if len(wanted) > _MAX_FILTER_VALUES:
        faults.in_parameter("metadata", "parameter.too_many", f"at most {_MAX_FILTER_VALUES}")
    return tuple(wanted)
