"""A POST to `/v1/messages` as nearly every client writes it, told from any other request.

1. What is taken here gunicorn would take too, and read the same: one line of
   request, each field of the header known by name, once, in visible ASCII, its
   body as long as Content-Length says, and nothing behind it. Whatever else a
   request may be is gunicorn's to judge, from its first octet.
2. So nothing here refuses: a request is plain, is not, or is not whole yet.
"""

import re
from enum import Enum
from typing import NamedTuple

MAX_HEAD = 8190
"""Octets: what gunicorn takes as one line, and far more than a plain head has."""
MAX_BODY = 1 << 16
"""Octets. What is larger would keep those waiting that are committed with it."""

_START = b"POST /v1/messages HTTP/1.1\r\n"
_FIELD = re.compile(r"([A-Za-z-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)")
"""RFC 9110 5.1 and 5.5, less what is odd: no other space around the value, none empty."""
_KNOWN = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "forwarded",
        "host",
        "idempotency-key",
        "traceparent",
        "tracestate",
        "user-agent",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-proto",
        "x-real-ip",
        "x-request-id",
    }
)
"""Fields that say nothing of how the body is framed or coded, but for the two that are checked."""
_HOST = re.compile(r"[A-Za-z0-9.-]{1,255}(?::[0-9]{1,5})?")
_LENGTH = re.compile(r"[1-9][0-9]{0,5}")
_JSON = frozenset({"application/json", "application/json; charset=utf-8"})


class PlainHeaders(dict[str, str]):
    """Fields of a header, each once, by their names in small letters."""

    def get(self, name: str) -> str | None:  # type: ignore[override] # a header's, not a dict's
        """Return the field's value, whatever the case of its name."""
        return super().get(name.lower())

    def getlist(self, name: str) -> list[str]:
        """Return the values of all fields of this name: one or none."""
        value = self.get(name)
        return [] if value is None else [value]


class PlainPost(NamedTuple):
    """A request that is whole."""

    headers: PlainHeaders
    body: bytes


class NoPlainPost(Enum):
    """What octets are that are none."""

    NOT_YET = "not whole: what follows will tell"
    NEVER = "another request"


def read_plain_post(octets: bytes) -> PlainPost | NoPlainPost:
    """Tell what a connection's next octets are."""
    if not octets.startswith(_START):
        return NoPlainPost.NOT_YET if _START.startswith(octets) else NoPlainPost.NEVER
    end = octets.find(b"\r\n\r\n", len(_START) - 2)
    if end < 0:
        return NoPlainPost.NOT_YET if len(octets) <= MAX_HEAD else NoPlainPost.NEVER
    headers = _read_header(octets[len(_START) : end]) if end <= MAX_HEAD else None
    if headers is None:
        return NoPlainPost.NEVER
    length = int(headers["content-length"])
    body = octets[end + 4 :]
    if len(body) < length <= MAX_BODY:
        return NoPlainPost.NOT_YET
    return PlainPost(headers, body) if len(body) == length <= MAX_BODY else NoPlainPost.NEVER


def _read_header(lines: bytes) -> PlainHeaders | None:
    headers = PlainHeaders()
    for line in lines.decode("latin-1").split("\r\n"):
        field = _FIELD.fullmatch(line)
        if field is None:
            return None
        name = field[1].lower()
        if name not in _KNOWN or name in headers:
            return None
        headers[name] = field[2]
    return headers if _is_plain(headers) else None


def _is_plain(headers: PlainHeaders) -> bool:
    return (
        _HOST.fullmatch(headers.get("host") or "") is not None
        and _LENGTH.fullmatch(headers.get("content-length") or "") is not None
        and (headers.get("content-type") or "").lower() in _JSON
        and (headers.get("connection") or "keep-alive").lower() == "keep-alive"
    )
