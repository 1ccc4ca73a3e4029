"""A message's bytes as DATA carries them (RFC 5321 4.1.1.4, 4.5.2).

1. On the wire every line ends in CRLF: a bare CR or LF becomes one. Servers that
   take other things for line ends are how mails are smuggled.
2. A line that begins with a dot gets one more, whatever chunk the dot comes in.
3. The content ends in CRLF, so that the terminator is `.CRLF`: its first byte is
   the dot, and the CRLF before it belongs to the content.
4. The size that MAIL declares is that of the content with its CRLFs, before the
   dots are doubled (RFC 1870 5).
"""

import io
import re
from dataclasses import dataclass
from typing import Final

TERMINATOR: Final = b".\r\n"

BLOCK_OCTETS: Final = 65_536
"""Of content, handed over and timed as one; a few TLS records."""

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_DOTTED: Final = re.compile(rb"\r\n\.").search
"""Faster than the replacing that finds nothing to replace."""


class DataEncoder:
    """Encodes content that comes in chunks cut anywhere."""

    def __init__(self) -> None:
        self._at_line_start = True
        self._carriage_return = False

    def encode(self, chunk: bytes) -> bytes:
        """Return what can be said of the content so far; a CR at the end waits for its LF."""
        if self._carriage_return:
            chunk = b"\r" + chunk
            self._carriage_return = False
        if chunk.endswith(b"\r"):
            chunk = chunk[:-1]
            self._carriage_return = True
        if not chunk:
            return b""
        chunk = with_crlf(chunk)
        stuffed = chunk.replace(b"\r\n.", b"\r\n..")
        if self._at_line_start and stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        self._at_line_start = stuffed.endswith(b"\r\n")
        return stuffed

    def finish(self) -> bytes:
        """Return what is missing to a last line that ends; nothing for no content."""
        if self._carriage_return or not self._at_line_start:
            return b"\r\n"
        return b""


def with_crlf(content: bytes) -> bytes:
    """Make every line end CRLF."""
    # one pass in C that only looks; three counts take three times as long
    looking = io.IncrementalNewlineDecoder(None, translate=False)
    looking.decode(content.decode("latin-1"), final=True)
    if looking.newlines is None or looking.newlines == "\r\n":
        return content
    return _LINE_END.sub(b"\r\n", content)


@dataclass(slots=True)
class WireContent:
    """Content whose lines are right, the last one too; made once, measured and sent many times."""

    octets: bytes

    @classmethod
    def of(cls, content: bytes) -> "WireContent":
        """Put the line ends of any content right."""
        octets = with_crlf(content)
        if octets and not octets.endswith(b"\r\n"):
            octets += b"\r\n"
        return cls(octets)

    @property
    def size(self) -> int:
        """The octets as the server will count them, for MAIL's SIZE (RFC 1870 5)."""
        return len(self.octets)

    def blocks(self) -> list[bytes]:
        """Double the dots, in blocks of about `BLOCK_OCTETS`; without the terminator."""
        octets = self.octets
        if len(octets) <= BLOCK_OCTETS:
            stuffed = octets.replace(b"\r\n.", b"\r\n..") if _DOTTED(octets) else octets
            return [b"." + stuffed if stuffed.startswith(b".") else stuffed]
        encoder = DataEncoder()
        starts = range(0, len(octets), BLOCK_OCTETS)
        blocks = [encoder.encode(octets[start : start + BLOCK_OCTETS]) for start in starts]
        if ending := encoder.finish():
            blocks[-1] += ending
        return blocks
