"""Text bodies and octets in a form that 7-bit SMTP carries (RFC 2045 6).

Line ends become CRLF: a CR or LF alone is one, so that no `.` between bare
line ends can end the data. A dot at the beginning of a line stays as it is:
stuffing is the wire's (RFC 5321 4.5.2). A last line end is not invented.
"""

import binascii
import re
import string
from dataclasses import dataclass
from enum import StrEnum

from pillarbox.mime.errors import UnbuildableError
from pillarbox.mime.folding import MAX_LINE

LONGEST_PLAIN_LINE = 78
"""Octets of a line that goes out as it is; RFC 5322 2.1.1 wishes for no more."""
BASE64_LINE_OCTETS = 57
"""What one line of 76 base64 letters carries (RFC 2045 6.8)."""

_BLOCK = BASE64_LINE_OCTETS * 1024
"""Octets encoded at a time, so that the lines of a large file never all exist apart."""
_BASE64_LINE = 76
_PLAIN = (string.ascii_letters + string.digits + string.punctuation + " \t\r\n").encode()
_HIGH = bytes(range(0x80, 0x100))
_ESCAPES_WORTH_IT = 6
"""Quoted-printable adds two octets an escape, base64 a third of all: it is shorter up to n/6."""
_SPACE_AT_END = re.compile(rb" \r\n").search
"""Half the time of `in`, where spaces are many; tabs are few, and soon looked for."""
_OVERLONG = re.compile(rb"^([^\r\n]{74})(=20|=09)(?=\r?$)", re.MULTILINE)


class TransferEncoding(StrEnum):
    """How octets stand in the message (RFC 2045 6.1)."""

    SEVEN_BIT = "7bit"
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True)
class Body:
    """Encoded octets, in pieces, and the encoding that undoes to what was given."""

    encoding: TransferEncoding
    pieces: tuple[bytes, ...]


def text_body(text: str, field: str) -> Body:
    """Encode text in UTF-8: as it is if every relay keeps it, else by what its characters ask.

    ASCII in lines of at most 78 octets without trailing blanks goes as it is,
    mostly-ASCII text as quoted-printable, other scripts and anything with
    control characters as base64. Raises `UnbuildableError` naming `field` if
    the text is not Unicode (a lone surrogate).
    """
    try:
        data = with_crlf(text.encode())
    except UnicodeEncodeError as fault:
        raise UnbuildableError(field, "a lone surrogate is not a character") from fault
    odd = data.translate(None, _PLAIN)
    if odd.translate(None, _HIGH) or len(odd) * _ESCAPES_WORTH_IT > len(data):
        return base64_body(data)
    blanks = has_trailing_blanks(data)
    if odd or blanks or longest_line(data) > LONGEST_PLAIN_LINE:
        return Body(TransferEncoding.QUOTED_PRINTABLE, (_quoted_printable(data, blanks=blanks),))
    return Body(TransferEncoding.SEVEN_BIT, (data,))


def base64_body(data: bytes) -> Body:
    """Encode any octets in lines of 76."""
    pieces = []
    for start in range(0, len(data), _BLOCK):
        letters = binascii.b2a_base64(data[start : start + _BLOCK], newline=False)
        lines = [letters[at : at + _BASE64_LINE] for at in range(0, len(letters), _BASE64_LINE)]
        lines.append(b"")
        pieces.append(b"\r\n".join(lines))
    return Body(TransferEncoding.BASE64, tuple(pieces))


def seven_bit_body(data: bytes) -> Body | None:
    """Return octets as they are, line ends made CRLF; None where 7bit cannot carry them.

    RFC 2045 2.7: ASCII without NUL, lines of at most 998.
    """
    if not data.isascii() or b"\0" in data:
        return None
    lines = with_crlf(data)
    if longest_line(lines) > MAX_LINE:
        return None
    return Body(TransferEncoding.SEVEN_BIT, (lines,))


def with_crlf(data: bytes) -> bytes:
    """Return the octets with every CRLF, CR and LF as CRLF."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.replace(b"\n", b"\r\n")


def longest_line(data: bytes) -> int:
    """Return the octets of the longest line, without its CRLF."""
    return max(map(len, data.split(b"\r\n")))


def has_trailing_blanks(data: bytes) -> bool:
    """Whether a line ends in white space, which some gateways remove (RFC 2045 6.7 (3))."""
    if _SPACE_AT_END(data) or data.endswith((b" ", b"\t")):
        return True
    return b"\t" in data and b"\t\r\n" in data


def _quoted_printable(data: bytes, *, blanks: bool) -> bytes:
    encoded = binascii.b2a_qp(data)
    if b"\n" not in data:
        # the codec takes the line end of its soft breaks from the data
        encoded = encoded.replace(b"\n", b"\r\n")
    if blanks:
        # the codec escapes a blank at the line's end after measuring it: 77 of 76 octets
        encoded = _OVERLONG.sub(rb"\1=\r\n\2", encoded)
    return encoded
