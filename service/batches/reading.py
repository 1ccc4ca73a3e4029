"""From a request for many messages to a checked submission for each, or to its faults.

1. What `defaults` say is read once, whatever the number of messages: a file is
   decoded once, and shared.
2. A fault of the request as a whole refuses it; one of a message only that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from pillarbox.domain.errors import InvalidInputError
from pillarbox.domain.message import Submission
from service.batches.pointers import MERGED, ItemFaults, ItemPointers
from service.batches.schemas import BATCH, BATCH_MESSAGE
from service.faults import MAX_FAULTS, Faults
from service.json_document import Json
from service.messages.mapping import compose_checked, refuse_crowds
from service.services import Limits
from service.validation import SENTENCES, note


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A batch as it was asked for; `pointers` run parallel to `submissions`."""

    submissions: tuple[Submission | InvalidInputError, ...]
    pointers: tuple[ItemPointers, ...]
    atomic: bool


def read_batch(document: Json, limits: Limits, faults: Faults, now: datetime) -> BatchRequest:
    """Read the request; raises `InvalidInputError` for what is wrong with it as a whole.

    `faults` may hold those found before; those of a message are then the message's.
    """
    if not isinstance(document, dict):
        faults.in_body((), "type.object", SENTENCES["type.object"])
        faults.raise_if_any()
        raise InvalidInputError(())
    envelope: dict[str, Any] = {}
    try:
        envelope = BATCH.load(document)
    except ValidationError as error:
        note(error.messages, (), faults)
    if not envelope:
        faults.raise_if_any()
    messages: list[Json] = envelope["messages"]
    defaults = _Defaults(envelope.get("defaults", {}))
    reading = _Reading(defaults, limits, now, faults)
    submissions = tuple(reading.read(index, own) for index, own in enumerate(messages))
    faults.raise_if_any()
    return BatchRequest(
        submissions,
        tuple(ItemPointers(index, own, defaults.document) for index, own in enumerate(messages)),
        envelope.get("atomic", False),
    )


class _Defaults:
    """What is filled in: as it came, as it was read, and what is wrong with it by member."""

    def __init__(self, document: dict[str, Json]) -> None:
        self.document = document
        self.members, self.wrong = BATCH_MESSAGE.read(document)
        self._attributes = {
            field.data_key or name: name for name, field in BATCH_MESSAGE.fields.items()
        }

    def fill(self, said: Mapping[str, Json], members: dict[str, Any]) -> None:
        """Add what was read of the defaults where a message says nothing."""
        for member in self.document:
            attribute = self._attributes.get(member, member)
            if member not in said and attribute in self.members:
                members[attribute] = self.members[attribute]

    def under(self, own: Mapping[str, Json]) -> dict[str, Json]:
        """Return what a message says itself, merged where both say something key by key."""
        said = dict(own)
        for member in MERGED:
            mine, theirs = own.get(member), self.document.get(member)
            if isinstance(mine, dict) and isinstance(theirs, dict):
                said[member] = _merged(member, theirs, mine)
        return said


def _merged(member: str, defaults: dict[str, Json], own: dict[str, Json]) -> dict[str, Json]:
    if member != "headers":
        return {**defaults, **own}
    # A field's name is the same in any case (RFC 5322 1.2.2).
    named = {name.lower() for name in own}
    kept = {name: value for name, value in defaults.items() if name.lower() not in named}
    return {**kept, **own}


class _Reading:
    """Reads message after message, and tells no more faults together than one request may have."""

    def __init__(self, defaults: _Defaults, limits: Limits, now: datetime, faults: Faults) -> None:
        self._defaults = defaults
        self._limits = limits
        self._now = now
        self._faults = faults
        self._left = MAX_FAULTS

    def read(self, index: int, own: Json) -> Submission | InvalidInputError:
        """Read one message with what the defaults fill in."""
        pointers = ItemPointers(index, own, self._defaults.document)
        faults = ItemFaults(pointers, max(1, self._left))
        if self._faults:
            faults.add(self._faults.take_under("messages", index))
        try:
            return self._read(own, faults)
        except InvalidInputError as error:
            self._left -= len(error.faults)
            return error

    def _read(self, own: Json, faults: Faults) -> Submission:
        if not isinstance(own, dict):
            faults.in_body((), "type.object", SENTENCES["type.object"])
            faults.raise_if_any()
            raise InvalidInputError(())
        said = self._defaults.under(own)
        document = {**self._defaults.document, **said}
        refuse_crowds(document, self._limits, faults)
        members, wrong = BATCH_MESSAGE.read(said)
        note(wrong, (), faults)
        for member, messages in self._defaults.wrong.items():
            if member not in said:
                note(messages, (member,), faults)
        self._defaults.fill(said, members)
        if "from" not in document:
            faults.in_body(("from",), "member.required", SENTENCES["member.required"])
        return compose_checked(document, members, self._limits, faults, self._now)
