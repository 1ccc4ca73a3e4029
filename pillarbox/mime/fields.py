"""What a caller may put into the fields of a message, apart from addresses.

Each function returns every fault of one value as `(code, detail)`: an empty
list means that `build` can write it. Codes are stable; details are sentences
for the caller. Limits are in octets of UTF-8.
"""

from typing import TypeAlias

from pillarbox.mime.control_characters import first_control_character, has_control_character
from pillarbox.mime.errors import UnbuildableError
from pillarbox.mime.header_names import HEADER_NAME, MAX_NAME, is_reserved, is_structured
from pillarbox.mime.headers import custom_field
from pillarbox.mime.identifiers import CONTENT_ID, MAX_IDENTIFIER, MESSAGE_ID
from pillarbox.mime.parameters import split_content_type

MAX_VALUE = 998
"""Octets of a header value: a line of RFC 5322 2.1.1."""
MAX_SUBJECT = 998
"""The same for the subject."""
MAX_FILENAME = 255
"""What file systems take for a name."""
MAX_CONTENT_TYPE = 255
"""RFC 6838 4.2 gives type and subtype 127 each; parameters share it."""

Faults: TypeAlias = list[tuple[str, str]]


def header_name_faults(name: str) -> Faults:
    """Say why a caller may not name a header field so; Message-ID is theirs to bring."""
    if len(name) > MAX_NAME:
        return [("header.name_too_long", f"a header's name is at most {MAX_NAME} octets long")]
    if HEADER_NAME.fullmatch(name) is None:
        return [("header.name_syntax", "a header's name is printable ASCII without space or colon")]
    if is_reserved(name):
        return [("header.reserved", f"{name} is written from the message's other members")]
    return []


def header_value_faults(name: str, value: str) -> Faults:
    """Say why the field `name`, itself without fault, cannot have this value."""
    if name.lower() == "message-id":
        return message_id_faults(value)
    faults = _control_character_faults("header", value)
    if _octets(value) > MAX_VALUE:
        faults.append(
            ("header.value_too_long", f"a header's value is at most {MAX_VALUE} octets long")
        )
    if is_structured(name) and not value.isascii():
        faults.append(("header.not_ascii", f"{name} holds no free text: ASCII only"))
    if not faults:
        try:
            custom_field(name, value)
        except UnbuildableError as fault:
            faults.append(("header.unfoldable", fault.reason))
    return faults


def message_id_faults(value: str) -> Faults:
    """Say why this is no Message-ID with its angle brackets (RFC 5322 3.6.4)."""
    if _octets(value) > MAX_IDENTIFIER:
        return [("message_id.too_long", f"a Message-ID is at most {MAX_IDENTIFIER} octets long")]
    if MESSAGE_ID.fullmatch(value) is None:
        return [("message_id.syntax", "a Message-ID is of the form <left@right>, in ASCII")]
    return []


def subject_faults(subject: str) -> Faults:
    """Say why this cannot be a subject; any script may."""
    faults = _control_character_faults("subject", subject)
    if _octets(subject) > MAX_SUBJECT:
        faults.append(("subject.too_long", f"a subject is at most {MAX_SUBJECT} octets long"))
    return faults


def body_faults(text: str) -> Faults:
    """Say why this cannot be a text or html body: only what is not Unicode cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return [("body.not_unicode", "a lone surrogate is not a character")]
    return []


def content_type_faults(content_type: str) -> Faults:
    """Say why an attachment cannot have this `type/subtype`, with or without parameters."""
    if _octets(content_type) > MAX_CONTENT_TYPE:
        return [
            ("content_type.too_long", f"a content type is at most {MAX_CONTENT_TYPE} octets long")
        ]
    split = split_content_type(content_type)
    if split is None:
        return [("content_type.syntax", "a content type is of the form type/subtype; name=value")]
    if split[0].startswith("multipart/"):
        return [("content_type.multipart", "a file has no parts: multipart is not taken")]
    return []


def content_id_faults(content_id: str) -> Faults:
    """Say why the html cannot refer to this by `cid:` (given without angle brackets)."""
    if _octets(content_id) > MAX_IDENTIFIER:
        return [("content_id.too_long", f"a Content-ID is at most {MAX_IDENTIFIER} octets long")]
    if CONTENT_ID.fullmatch(content_id) is None:
        return [
            ("content_id.syntax", "a Content-ID is ASCII letters, digits and signs, no brackets")
        ]
    return []


def filename_faults(filename: str) -> Faults:
    """Say why this is no file name; a path is none (RFC 2183 2.3)."""
    if not filename.strip(" "):
        return [("filename.empty", "an attachment needs a file name")]
    faults = _control_character_faults("filename", filename)
    if _octets(filename) > MAX_FILENAME:
        faults.append(("filename.too_long", f"a file name is at most {MAX_FILENAME} octets long"))
    if "/" in filename or "\\" in filename or filename in {".", ".."}:
        faults.append(("filename.path", "a file name is no path: no slash and no backslash"))
    return faults


def _control_character_faults(what: str, value: str) -> Faults:
    if not has_control_character(value):
        return []
    return [
        (
            f"{what}.control_character",
            f"holds a control character ({first_control_character(value)})",
        )
    ]


def _octets(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
