"""The members of a send request that are more than a string, from JSON to domain values."""

import binascii
import mimetypes
from typing import Any, ClassVar

from marshmallow import ValidationError, fields

from pillarbox.domain.message import Attachment
from pillarbox.mime.control_characters import has_control_character
from pillarbox.mime.fields import body_faults, header_name_faults, header_value_faults
from service.validation import (
    SENTENCES,
    Complaint,
    StrictField,
    StrictSchema,
    complain,
    complain_of,
)

MAX_HEADERS = 100
"""Header fields of a caller's own; more than any mail program writes."""
MAX_ATTACHMENTS = 100
"""Each costs a MIME part; relays refuse absurd numbers of them."""
MAX_TAGS = 10
MAX_TAG_LENGTH = 128
"""Characters: a tag is a word to filter by, and stands in an index."""
MAX_METADATA_OCTETS = 4096
"""UTF-8 octets of all names and values together."""
MAX_METADATA_NAME = 128
"""Characters, for the same reason as a tag's."""

DEFAULT_CONTENT_TYPE = "application/octet-stream"

_LINE_BREAKS = str.maketrans("", "", "\r\n")


def body_text_rule(text: str) -> list[tuple[str, str]]:
    """Say why this cannot be a text or html body; NUL has no place in mail (RFC 5322 3.5)."""
    if "\0" in text:
        return [("body.nul", "holds a NUL character")]
    return body_faults(text)


class HeadersField(StrictField):
    """Header fields by name, each with one value or a list of them, in order."""

    openapi: ClassVar[dict[str, Any]] = {
        "type": "object",
        "propertyNames": {"maxLength": 64},
        "additionalProperties": {
            "oneOf": [
                {"type": ["string", "null"], "maxLength": 998},
                {"type": "array", "items": {"type": "string", "maxLength": 998}},
            ]
        },
    }

    def _deserialize(
        self, value: object, *_: object, **_options: object
    ) -> tuple[tuple[str, str], ...]:
        if not isinstance(value, dict):
            raise complain_of("type.object")
        # Counted before any is read: a crowd of them costs its sender next to nothing.
        if sum(len(each) if isinstance(each, list) else 1 for each in value.values()) > MAX_HEADERS:
            raise complain([("headers.too_many", f"at most {MAX_HEADERS} header fields")])
        headers: list[tuple[str, str]] = []
        wrong: dict[str, Any] = {}
        for name, given in value.items():
            try:
                headers.extend((name, each) for each in _header_values(name, given))
            except ValidationError as error:
                wrong[name] = error.messages
        if wrong:
            raise ValidationError(wrong)
        if sum(name.lower() == "message-id" for name, _ in headers) > 1:
            raise complain([("message_id.repeated", "a message has one Message-ID")])
        return tuple(headers)


def _header_values(name: str, given: object) -> list[str]:
    if found := header_name_faults(name):
        raise complain(found)
    if isinstance(given, str):
        if found := header_value_faults(name, given):
            raise complain(found)
        return [given]
    if not isinstance(given, list):
        raise complain_of("type.string_or_array")
    wrong: dict[int, Any] = {}
    for index, each in enumerate(given):
        if not isinstance(each, str):
            wrong[index] = [Complaint("type.string", SENTENCES["type.string"])]
        elif found := header_value_faults(name, each):
            wrong[index] = [Complaint(*fault) for fault in found]
    if wrong:
        raise ValidationError(wrong)
    return given


class TagsField(StrictField):
    """Words to find messages by, each once."""

    openapi: ClassVar[dict[str, Any]] = {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": MAX_TAG_LENGTH},
        "maxItems": MAX_TAGS,
    }

    def _deserialize(self, value: object, *_: object, **_options: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise complain_of("type.array")
        if len(value) > MAX_TAGS:
            raise complain([("tags.too_many", f"at most {MAX_TAGS} tags")])
        wrong = {
            index: [Complaint(*fault) for fault in found]
            for index, tag in enumerate(value)
            if (found := tag_faults(tag))
        }
        if wrong:
            raise ValidationError(wrong)
        return tuple(dict.fromkeys(value))


def tag_faults(tag: object) -> list[tuple[str, str]]:
    """Say why this is no tag."""
    if not isinstance(tag, str):
        return [("type.string", SENTENCES["type.string"])]
    return _word_faults("tag", tag, MAX_TAG_LENGTH)


def metadata_name_faults(name: str) -> list[tuple[str, str]]:
    """Say why no member of a message's metadata has this name."""
    return _word_faults("metadata", name, MAX_METADATA_NAME)


def _word_faults(what: str, word: str, limit: int) -> list[tuple[str, str]]:
    if not word.strip():
        return [(f"{what}.empty", "is empty")]
    if len(word) > limit:
        return [(f"{what}.too_long", f"at most {limit} characters")]
    if has_control_character(word):
        return [(f"{what}.control_character", "holds a control character")]
    return []


class MetadataField(StrictField):
    """The caller's own notes on a message, string to string."""

    openapi: ClassVar[dict[str, Any]] = {
        "type": "object",
        "propertyNames": {"minLength": 1, "maxLength": MAX_METADATA_NAME},
        "additionalProperties": {"type": ["string", "null"]},
    }

    def _deserialize(self, value: object, *_: object, **_options: object) -> dict[str, str]:
        if not isinstance(value, dict):
            raise complain_of("type.object")
        wrong = {
            name: [Complaint(*fault) for fault in found]
            for name, each in value.items()
            if (found := _metadata_faults(name, each))
        }
        if wrong:
            raise ValidationError(wrong)
        octets = sum(len(name.encode()) + len(each.encode()) for name, each in value.items())
        if octets > MAX_METADATA_OCTETS:
            raise complain([("metadata.too_large", f"at most {MAX_METADATA_OCTETS} octets in all")])
        return value


def _metadata_faults(name: str, value: object) -> list[tuple[str, str]]:
    if found := metadata_name_faults(name):
        return found
    if not isinstance(value, str):
        return [("type.string", SENTENCES["type.string"])]
    if "\0" in value:
        return [("metadata.control_character", "holds a NUL character")]
    return []


class Base64Field(StrictField):
    """Octets in the standard alphabet of RFC 4648 4, padded; line breaks are ignored."""

    openapi: ClassVar[dict[str, Any]] = {"type": "string", "contentEncoding": "base64"}

    def _deserialize(self, value: object, *_: object, **_options: object) -> bytes:
        if not isinstance(value, str):
            raise complain_of("type.string")
        unbroken = value.translate(_LINE_BREAKS) if "\n" in value or "\r" in value else value
        try:
            return binascii.a2b_base64(unbroken, strict_mode=True)
        except ValueError as error:
            raise complain([("base64.syntax", f"not base64: {error}")]) from error


class AttachmentsField(fields.List[Attachment]):
    """Files that travel with the message."""

    def __init__(self, schema: type[StrictSchema]) -> None:
        super().__init__(fields.Nested(schema))
        self._schema = schema()

    def _deserialize(self, value: object, *_: object, **_options: object) -> list[Any]:
        if not isinstance(value, list):
            raise complain_of("type.array")
        if len(value) > MAX_ATTACHMENTS:
            raise complain([("attachments.too_many", f"at most {MAX_ATTACHMENTS} attachments")])
        attachments: list[Attachment] = []
        wrong: dict[int, Any] = {}
        seen: set[str] = set()
        for index, each in enumerate(value):
            try:
                attachment = self._read(each)
            except ValidationError as error:
                wrong[index] = error.messages
                continue
            if attachment.content_id is not None and attachment.content_id in seen:
                wrong[index] = {
                    "content_id": [Complaint("content_id.repeated", "another attachment has it")]
                }
            seen.add(attachment.content_id or "")
            attachments.append(attachment)
        if wrong:
            raise ValidationError(wrong)
        return attachments

    def _read(self, value: object) -> Attachment:
        if not isinstance(value, dict):
            raise complain_of("type.object")
        members = self._schema.load(value)
        return Attachment(
            filename=members["filename"],
            content_type=members.get("content_type") or guess_content_type(members["filename"]),
            content=members["content"],
            content_id=members.get("content_id"),
        )


def guess_content_type(filename: str) -> str:
    """Guess from the file name's ending, with Python's own table and not the machine's."""
    kind, encoding = mimetypes.MimeTypes().guess_type(f"a.{filename.rpartition('.')[2]}")
    return kind if kind is not None and encoding is None else DEFAULT_CONTENT_TYPE
