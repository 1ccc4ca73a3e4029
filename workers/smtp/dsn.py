"""What a sender wants to be told (RFC 3461), as parameters of MAIL and RCPT."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pillarbox.domain.address import Address
from workers.smtp.errors import ArgumentRefusedError

MAX_ENVID: Final = 100
"""Characters, as they travel (RFC 3461 4.4)."""

MAX_ORCPT: Final = 500
"""Characters, as they travel (RFC 3461 4.2)."""

_NOT_PLAIN: Final = re.compile(rb"[^!-*,-<>-~]")
"""All but the printable ones without `+` and `=` (RFC 3461 4, xchar)."""


class DsnReturn(StrEnum):
    """How much of the message comes back with a notification."""

    FULL = "FULL"
    HEADERS = "HDRS"


class DsnNotify(StrEnum):
    """When a notification is wanted."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


@dataclass(frozen=True, slots=True)
class DsnRequest:
    """What one transaction asks for.

    `envelope_id` comes back in each notification. `notify` None leaves the choice
    to the relay, an empty set means never. `original` are the recipients as the
    sender knew them, parallel to the transaction's, or empty.
    """

    returned: DsnReturn | None = None
    envelope_id: str = ""
    notify: frozenset[DsnNotify] | None = None
    original: tuple[Address, ...] = ()


def xtext(argument: str, value: str) -> bytes:
    """Encode printable ASCII (RFC 3461 4); `ArgumentRefusedError` for anything else."""
    if not (value.isascii() and value.isprintable()):
        raise ArgumentRefusedError(argument, "must be printable ASCII")
    return _NOT_PLAIN.sub(_hexadecimal, value.encode("ascii"))


def mail_parameters(request: DsnRequest) -> bytes:
    """Write RET and ENVID, each with a space before it."""
    written = b"" if request.returned is None else b" RET=" + request.returned.value.encode()
    if request.envelope_id:
        envelope_id = xtext("ENVID", request.envelope_id)
        if len(envelope_id) > MAX_ENVID:
            raise ArgumentRefusedError("ENVID", f"exceeds {MAX_ENVID} characters")
        written += b" ENVID=" + envelope_id
    return written


def rcpt_parameters(request: DsnRequest, place: int) -> bytes:
    """Write NOTIFY and ORCPT of one recipient, each with a space before it.

    An original recipient that is not ASCII is left out: only RFC 6533 has a form for it.
    """
    written = b""
    if request.notify is not None:
        wanted = ",".join(each.value for each in DsnNotify if each in request.notify)
        written = b" NOTIFY=" + (wanted or "NEVER").encode()
    if place < len(request.original) and request.original[place].wire.isascii():
        original = xtext("ORCPT", request.original[place].wire)
        if len(original) > MAX_ORCPT:
            raise ArgumentRefusedError("ORCPT", f"exceeds {MAX_ORCPT} characters")
        written += b" ORCPT=rfc822;" + original
    return written


def _hexadecimal(match: "re.Match[bytes]") -> bytes:
    return b"+%02X" % match[0][0]
