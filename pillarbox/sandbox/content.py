"""The content of a message as it comes: dotted lines after DATA, counted chunks after BDAT.

1. Content ends at CRLF . CRLF (RFC 5321 4.1.1.4), or with the last chunk (RFC 3030 2):
   at no other sequence, however alike.
2. CR or LF alone anywhere in it is refused, not repaired.
3. More than the limit is read to its end and thrown away, so that the reply
   meets a client that has finished speaking (RFC 5321 4.2.5).
"""

import re

from pillarbox.sandbox.limits import TEXT_LINE
from pillarbox.sandbox.receive_buffer import ReceiveBuffer
from pillarbox.sandbox.refusal import Refusal, bare_line_end

END = b"\r\n.\r\n"

BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
"""A CR that is the last octet so far may still become a CRLF."""

LONG_LINE = re.compile(rb"[^\n]{%d,}" % (TEXT_LINE + 2))
"""Counted with its CR."""


def too_large(limit: int) -> Refusal:
    """Make the answer to a message above the announced SIZE (RFC 1870 6)."""
    return Refusal(552, "5.3.4", f"message larger than {limit} octets")


class DottedContent:
    """What follows 354."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._octets = bytearray(b"\r\n")  # so that the first line's dot is one like all others
        self._is_discarded = False

    def read(self, buffer: ReceiveBuffer) -> bytes | None:
        """Read to the end of data: the content without dot-stuffing; None while it lasts."""
        known = len(self._octets)
        self._octets += buffer.take(len(buffer))
        end = self._octets.find(END, max(known - len(END) + 1, 0))
        stop = end + len(END) if end >= 0 else len(self._octets)
        if BARE_LINE_END.search(self._octets, known - 1, stop):
            raise bare_line_end()
        if end < 0:
            self._forget_what_is_too_much()
            return None
        buffer.put_back(bytes(self._octets[stop:]))
        if self._is_discarded:
            raise too_large(self._limit)
        content = bytes(self._octets[: end + 2]).replace(b"\r\n.", b"\r\n")[2:]
        return checked(content, self._limit)

    def _forget_what_is_too_much(self) -> None:
        # SIZE does not count stuffed dots (RFC 1870 3); they add a third at most (".." + CRLF).
        if len(self._octets) > self._limit * 4 // 3 + len(END):
            self._is_discarded = True
            del self._octets[: -(len(END) - 1)]


class ChunkedContent:
    """What the chunks of one message amount to."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._octets = bytearray()
        self._is_discarded = False

    def add(self, octets: bytes) -> None:
        """Add a part of a chunk."""
        if not self._is_discarded:
            self._octets += octets
        if len(self._octets) > self._limit:
            self._is_discarded = True
            self._octets.clear()

    def check_size(self) -> None:
        """Refuse a chunk that has made the message too large."""
        if self._is_discarded:
            raise too_large(self._limit)

    def whole(self) -> bytes:
        """Return the content after the last chunk."""
        self.check_size()
        if BARE_LINE_END.search(self._octets) or self._octets.endswith(b"\r"):
            raise bare_line_end()
        return checked(bytes(self._octets), self._limit)


def checked(content: bytes, limit: int) -> bytes:
    """Return the content if it is of a size and a shape that may travel."""
    if len(content) > limit:
        raise too_large(limit)
    if LONG_LINE.search(content):
        text = f"a line is longer than {TEXT_LINE} octets (RFC 5321 4.5.3.1.6)"
        raise Refusal(554, "5.6.0", text)
    return content
