"""Schemas that refuse what they do not know, and say each fault with a code.

1. Marshmallow walks the document; what is wrong it collects by member and
   index. Here every message is a code of `SENTENCES` or a `Complaint`.
2. An unknown member is a fault at every level.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from marshmallow import RAISE, Schema, ValidationError, fields

from service.faults import Faults
from service.timestamps import parse_timestamp

SENTENCES = {
    "member.required": "is required",
    "member.unknown": "is not known",
    "type.string": "must be a string",
    "type.boolean": "must be true or false",
    "type.object": "must be an object",
    "type.array": "must be an array",
    "time.syntax": "must be a time as in RFC 3339, with Z or an offset",
    "type.mailbox": "must be an address, as a string or as an object with email and name",
    "type.string_or_array": "must be a string or an array of strings",
}
"""What the codes say that any member can have."""


class Complaint(NamedTuple):
    """A fault whose place is known from where it stands among marshmallow's messages."""

    code: str
    detail: str


def complain(complaints: Iterable[tuple[str, str]]) -> ValidationError:
    """Make the error that a field raises for what is wrong with its value."""
    return ValidationError([Complaint(*each) for each in complaints])


def complain_of(code: str) -> ValidationError:
    """Make the error for one of `SENTENCES`."""
    return complain([(code, SENTENCES[code])])


def note(messages: object, path: tuple[str | int, ...], faults: Faults) -> None:
    """Note marshmallow's messages as faults, each with the pointer to where it stands."""
    match messages:
        case dict():
            for member, each in messages.items():
                note(each, (*path, member), faults)
        case Complaint(code, detail):
            faults.in_body(path, code, detail)
        case list():
            for each in messages:
                note(each, path, faults)
        case str():
            faults.in_body(path, messages, SENTENCES[messages])
        case _:
            raise TypeError(type(messages))


class StrictSchema(Schema):
    """A schema of a request: it takes the members that it names and no other."""

    error_messages = {"unknown": "member.unknown"}  # noqa: RUF012 - as marshmallow declares it

    def read(self, document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what could be read, by attribute, and what is wrong, by member.

        As `load`, which asks every field that there is, and so costs four times as
        much where few are used.
        """
        members: dict[str, Any] = {}
        wrong: dict[str, Any] = {}
        for name, value in document.items():
            known = self._known.get(name)
            if known is None:
                wrong[name] = ["member.unknown"]
                continue
            attribute, read = known
            try:
                members[attribute] = read(value)
            except ValidationError as error:
                wrong[name] = error.messages
        for name in self._required:
            if name not in document:
                wrong[name] = ["member.required"]
        return members, wrong

    @cached_property
    def _known(self) -> dict[str, tuple[str, Callable[[object], Any]]]:
        return {
            field.data_key or name: (
                name,
                field.read if isinstance(field, StrictField) else field.deserialize,
            )
            for name, field in self.fields.items()
        }

    @cached_property
    def _required(self) -> tuple[str, ...]:
        return tuple(
            field.data_key or name for name, field in self.fields.items() if field.required
        )

    class Meta:
        """Applies at this level; each nested schema is strict by itself."""

        unknown = RAISE


class StrictField(fields.Field[Any]):
    """A field that turns JSON into a domain value; `openapi` is the JSON it takes."""

    openapi: ClassVar[dict[str, Any]] = {}

    def read(self, value: object) -> Any:  # noqa: ANN401 - each kind's own
        """Return the domain value of a member that is there, or raise `ValidationError`.

        As `deserialize`, which first asks for what none of ours has: a default, other
        validators, a null.
        """
        return self._deserialize(value, None, None)

    def make_error(self, key: str, **_kwargs: object) -> ValidationError:
        """Return the complaint for marshmallow's own `required`."""
        return complain_of("member.required" if key == "required" else key)


def any_text(_text: str) -> list[tuple[str, str]]:
    """Find no fault with any string: what it may say is looked up elsewhere."""
    return []


class TextField(StrictField):
    """A string without the faults that `rule` finds."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string"}

    def __init__(
        self,
        rule: Callable[[str], list[tuple[str, str]]],
        *,
        required: bool = False,
        metadata: dict[str, Any],
    ) -> None:
        super().__init__(required=required, metadata=metadata)
        self._rule = rule

    def _deserialize(self, value: object, *_: object, **_options: object) -> str:
        if not isinstance(value, str):
            raise complain_of("type.string")
        if found := self._rule(value):
            raise complain(found)
        return value


class WordField(StrictField):
    """One word of a vocabulary."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string"}

    def __init__(self, vocabulary: type[StrEnum], *, metadata: dict[str, Any]) -> None:
        super().__init__(metadata={"enum": list(vocabulary), **metadata})
        self._words = {each.value: each for each in vocabulary}

    def _deserialize(self, value: object, *_: object, **_options: object) -> StrEnum:
        if not isinstance(value, str):
            raise complain_of("type.string")
        if value not in self._words:
            raise complain([("value.not_known", f"one of {', '.join(self._words)}")])
        return self._words[value]


class TimeField(StrictField):
    """A moment, in UTC; a naive one is a fault."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string", "format": "date-time"}

    def _deserialize(self, value: object, *_: object, **_options: object) -> datetime:
        if not isinstance(value, str):
            raise complain_of("type.string")
        moment = parse_timestamp(value)
        if moment is None:
            raise complain_of("time.syntax")
        return moment
