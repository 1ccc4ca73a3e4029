"""Keyset pagination: a cursor carries the last id shown and the filter that it belongs to."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from service.faults import Faults

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
CURSOR_PARAMETER = "cursor"
LIMIT_PARAMETER = "limit"

_DIGEST_OCTETS = 9
"""72 bits: enough to tell two filters apart, and no padding in base64."""


@dataclass(frozen=True, slots=True)
class Filter:
    """The query parameters that choose what is listed, each as it was understood."""

    parameters: tuple[tuple[str, str], ...]

    def digest(self) -> bytes:
        """Fingerprint the filter, whatever order its parameters came in."""
        canonical = orjson.dumps(sorted(self.parameters))
        return hashlib.sha256(canonical).digest()[:_DIGEST_OCTETS]


def encode_cursor(last_id: str, chosen: Filter) -> str:
    """Make the cursor for what follows `last_id` under this filter."""
    return base64.urlsafe_b64encode(chosen.digest() + last_id.encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str, chosen: Filter, faults: Faults) -> str | None:
    """Return the last id shown; notes a fault for a cursor that is none, or of another filter."""
    content = _decoded(cursor)
    if len(content) <= _DIGEST_OCTETS or not content[_DIGEST_OCTETS:].isascii():
        faults.in_parameter(CURSOR_PARAMETER, "cursor.syntax", "this is no cursor of this list")
        return None
    if content[:_DIGEST_OCTETS] != chosen.digest():
        faults.in_parameter(
            CURSOR_PARAMETER, "cursor.other_filter", "the cursor belongs to another filter"
        )
        return None
    return content[_DIGEST_OCTETS:].decode()


def _decoded(cursor: str) -> bytes:
    """Return what the cursor carries; nothing if it is not ours."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (UnicodeError, binascii.Error):
        return b""


def read_limit(value: str | None, faults: Faults) -> int:
    """Return how many to list; notes a fault for what is not 1 to 500."""
    if value is None:
        return DEFAULT_LIMIT
    plain = value.isascii() and value.isdigit() and len(value) <= len(str(MAX_LIMIT))
    limit = int(value) if plain else 0
    if not 1 <= limit <= MAX_LIMIT:
        faults.in_parameter(LIMIT_PARAMETER, "limit.range", f"a whole number, 1 to {MAX_LIMIT}")
        return DEFAULT_LIMIT
    return limit


def next_link(url: str, parameters: Iterable[tuple[str, Any]]) -> str:
    """Write the Link header (RFC 8288) to the next page."""
    return f'<{url}?{urlencode(list(parameters))}>; rel="next"'
