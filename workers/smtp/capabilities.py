"""What a server says it can do (RFC 5321 4.1.1.1), and nothing that it did not say.

Keywords are compared whole and without regard to case: `STARTTLSX` is not
STARTTLS. What was said before TLS is forgotten by whoever asks again.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_KEYWORD: Final = re.compile(r"[A-Z0-9][A-Z0-9-]*")
_LEGACY_AUTH: Final = "AUTH="
_MAX_SIZE_DIGITS: Final = 20
"""RFC 1870 4."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The service extensions in force, and their parameters in upper case.

    `size` is the largest message in octets, None if the server names no limit
    (RFC 1870 4: no number, or 0); `auth` the mechanisms in the server's order.
    """

    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    pipelining: bool = False
    starttls: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    offers_size: bool = False
    size: int | None = None
    auth: tuple[str, ...] = ()


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
    )


def _size(parameters: tuple[str, ...]) -> int | None:
    if not parameters:
        return None
    number = parameters[0]
    if not (number.isascii() and number.isdigit() and len(number) <= _MAX_SIZE_DIGITS):
        return None
    return int(number) or None
