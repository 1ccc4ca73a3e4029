"""The header fields of a message, each as whole folded lines.

The last line of defence stands here: whatever the values went through before,
no field is written from a value with a control character, from an address that
is none, or under a name that the message itself owns.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pillarbox.domain.address import Mailbox
from pillarbox.domain.message import Content
from pillarbox.mime.control_characters import has_control_character
from pillarbox.mime.encoded_words import SHORTEST_LIMIT, encoded_words
from pillarbox.mime.errors import UnbuildableError
from pillarbox.mime.folding import LINE, fold
from pillarbox.mime.header_names import (
    HEADER_NAME,
    is_reserved,
    is_structured,
)
from pillarbox.mime.identifiers import MESSAGE_ID
from pillarbox.mime.parameters import quoted_string

_LONGEST_PHRASE = 60
"""Octets of a display name that stays readable; a longer one is folded as encoded-words."""
_PHRASE_WORD = 64
"""Leaves room in a line for the longest field name of an address list, `Reply-To: `."""
_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
_ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WIRE_ADDRESS = re.compile(
    r"""[^\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff"(),:;<>@\[\\\]]+@[A-Za-z0-9.\-]+"""
)


def message_headers(content: Content) -> list[str]:
    """Return the fields of RFC 5322 in the usual order, without those of MIME.

    There is no Bcc. Raises `UnbuildableError`.
    """
    fields = [
        date_field(content.date),
        mailbox_field("From", (content.sender,)),
    ]
    for name, boxes in (
        ("Reply-To", content.reply_to),
        ("To", content.to),
        ("Cc", content.cc),
    ):
        if boxes:
            fields.append(mailbox_field(name, boxes))
    fields.append(subject_field(content.subject))
    fields.append(message_id_field(content.internet_message_id))
    fields.extend([custom_field(name, value) for name, value in content.headers])
    return fields


def needs_smtputf8(content: Content) -> bool:
    """Whether a header field holds an address that only SMTPUTF8 can carry (RFC 6531 3.7.1).

    The envelope is not looked at: its addresses may need it as well.
    """
    boxes: Iterable[Mailbox] = (content.sender, *content.to, *content.cc, *content.reply_to)
    return not all(box.address.ascii_local for box in boxes)


def date_field(date: datetime) -> str:
    """Return Date in UTC (RFC 5322 3.6.1)."""
    if date.tzinfo is None:
        raise UnbuildableError("Date", "the time has no zone")
    at = date.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    clock = f"{at.hour:02}:{at.minute:02}:{at.second:02}"
    return f"Date: {day}, {at.day:02} {month} {at.year:04} {clock} +0000\r\n"


def message_id_field(message_id: str) -> str:
    """Return Message-ID, which cannot be folded (RFC 5322 3.6.4)."""
    if MESSAGE_ID.fullmatch(message_id) is None:
        raise UnbuildableError("Message-ID", "not of the form <left@right>")
    return fold("Message-ID", [message_id])


def subject_field(subject: str) -> str:
    """Return Subject: as it is where a reader sees it so, else as encoded-words.

    What ASCII alone does not keep is blanks at an end, text that looks like an
    encoded-word, and a word too long for a line.
    """
    _refuse_control_characters("Subject", subject)
    if subject.isascii() and "=?" not in subject and subject == subject.strip(" "):
        words = subject.split(" ") if subject else []
        if len(subject) < LINE - len("Subject: "):
            return f"Subject: {subject}\r\n" if subject else "Subject:\r\n"
        if "" not in words and max(map(len, words)) < LINE - len("Subject: "):
            return fold("Subject", words)
    return _encoded("Subject", subject)


def custom_field(name: str, value: str) -> str:
    """Return a field of the caller's: ASCII as it is, folded at spaces; else encoded-words.

    Blanks around the value are not kept, since no reader sees them.
    """
    if HEADER_NAME.fullmatch(name) is None or is_reserved(name) or name.lower() == "message-id":
        raise UnbuildableError(f"headers/{name!r}", "not a name that a caller may use")
    _refuse_control_characters(name, value)
    stripped = value.strip(" ")
    if stripped.isascii():
        return fold(name, stripped.split(" ") if stripped else [])
    if is_structured(name):
        raise UnbuildableError(name, "holds identifiers or addresses of pages: ASCII only")
    return _encoded(name, stripped)


def mailbox_field(name: str, boxes: Sequence[Mailbox]) -> str:
    """Return an address list (RFC 5322 3.6.2, 3.6.3), domains as A-labels.

    A non-ASCII local part stands in UTF-8 (RFC 6532): see `needs_smtputf8`.
    """
    words: list[str] = []
    for box in boxes:
        wire = box.address.wire
        if _WIRE_ADDRESS.fullmatch(wire) is None:
            raise UnbuildableError(name, "holds an address that is none")
        if box.name:
            _refuse_control_characters(name, box.name)
            words += phrase(box.name)
            words.append(f"<{wire}>,")
        else:
            words.append(f"{wire},")
    words[-1] = words[-1][:-1]
    return fold(name, words)


def phrase(name: str) -> list[str]:
    """Return a display name as words to fold between (RFC 5322 3.2.5, RFC 2047 5 (3))."""
    if name.isascii() and len(name) <= _LONGEST_PHRASE and "=?" not in name:
        return [name if _ATOMS.fullmatch(name) else quoted_string(name)]
    return encoded_words(name, limit=_PHRASE_WORD)


def _encoded(name: str, text: str) -> str:
    first = LINE - len(name) - 2
    if first < SHORTEST_LIMIT:
        return "\r\n ".join([f"{name}:", *encoded_words(text)]) + "\r\n"
    return f"{name}: " + "\r\n ".join(encoded_words(text, first=first)) + "\r\n"


def _refuse_control_characters(field: str, value: str) -> None:
    if has_control_character(value):
        raise UnbuildableError(field, "holds a control character")
