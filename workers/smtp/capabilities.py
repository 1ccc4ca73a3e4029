"""What a server says it can do (RFC 5321 4.1.1.1), and nothing that it did not say.

Keywords are compared whole and without regard to case: `STARTTLSX` is not
STARTTLS. What was said before TLS is forgotten by whoever asks again.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

_KEYWORD: Final = re.compile(r"[A-Z0-9][A-Z0-9-]*")
_LEGACY_AUTH: Final = "AUTH="
_MAX_SIZE_DIGITS: Final = 20
"""RFC 1870 4."""
_MAX_LIMIT_DIGITS: Final = 6
"""RFC 9422 3."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The service extensions in force, and their parameters in upper case.

    `size` is the largest message in octets, None if the server names no limit
    (RFC 1870 4: no number, or 0); `auth` the mechanisms in the server's order.
    `rcpt_max` and `mail_max` are RFC 9422's: recipients a transaction and
    transactions a session, None if not named.
    """

    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    pipelining: bool = False
    starttls: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    offers_size: bool = False
    size: int | None = None
    auth: tuple[str, ...] = ()
    chunking: bool = False
    dsn: bool = False
    rcpt_max: int | None = None
    mail_max: int | None = None


class Chunking(Enum):
    """What is known of BDAT at a relay that offers it."""

    UNPROVEN = "unproven"
    PROVEN = "proven"
    """A message was taken by it."""
    BROKEN = "broken"
    """It was not understood, or out of place, though it was in its place."""


NOTHING: Final = Capabilities()
"""Before EHLO, and after HELO."""


def capabilities_from(lines: Iterable[bytes]) -> Capabilities:
    """Read the lines of a positive reply to EHLO; the first one is a greeting."""
    keywords: dict[str, tuple[str, ...]] = {}
    for line in list(lines)[1:]:
        words = line.decode("ascii", "replace").upper().split()
        if not words:
            continue
        keyword, parameters = words[0], tuple(words[1:])
        if keyword.startswith(_LEGACY_AUTH):
            keyword, parameters = "AUTH", (keyword.removeprefix(_LEGACY_AUTH), *parameters)
        if not _KEYWORD.fullmatch(keyword):
            continue
        known = keywords.get(keyword, ())
        keywords[keyword] = (*known, *(word for word in parameters if word not in known))
    return Capabilities(
        keywords=MappingProxyType(keywords),
        pipelining="PIPELINING" in keywords,
        starttls="STARTTLS" in keywords,
        eight_bit="8BITMIME" in keywords,
        smtputf8="SMTPUTF8" in keywords,
        offers_size="SIZE" in keywords,
        size=_size(keywords.get("SIZE", ())),
        auth=tuple(word for word in keywords.get("AUTH", ()) if word),
        chunking="CHUNKING" in keywords,
        dsn="DSN" in keywords,
        rcpt_max=_limit("RCPTMAX", keywords.get("LIMITS", ())),
        mail_max=_limit("MAILMAX", keywords.get("LIMITS", ())),
    )


def _size(parameters: tuple[str, ...]) -> int | None:
    if not parameters:
        return None
    number = parameters[0]
    if not (number.isascii() and number.isdigit() and len(number) <= _MAX_SIZE_DIGITS):
        return None
    return int(number) or None


def _limit(name: str, parameters: tuple[str, ...]) -> int | None:
    """Find a limit of RFC 9422; one that is no number, or 0, is none."""
    for parameter in parameters:
        key, _, number = parameter.partition("=")
        plain = number.isascii() and number.isdigit() and len(number) <= _MAX_LIMIT_DIGITS
        if key == name and plain:
            return int(number) or None
    return None
