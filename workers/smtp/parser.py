"""Replies from bytes (RFC 5321 4.2), as servers really write them.

1. Bytes may be cut anywhere, and several replies may come at once.
2. A line is three digits from 200 to 599, then end, space, TAB or `-`. Anything
   else is not SMTP and ends the connection: there is no way back into step.
3. CRLF and a lone LF end a line; the last line may be the code alone.
4. If the lines of one reply differ in their code, the last decides and the
   reply is `torn`: good for a refusal only, and the connection with it.
5. What is kept is printable and bounded, whatever was sent.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.errors import ProtocolViolationError

MAX_LINE_OCTETS: Final = 16_384
"""RFC 5321 4.5.3.1.5 allows 512; a refusal that quotes what it refuses has been 10,000 long."""

MAX_LINES: Final = 256
"""An EHLO with every registered keyword has under a hundred lines."""

MAX_REPLY_OCTETS: Final = 65_536
"""Of all lines together; a reply is for a person to read."""

MAX_TEXT: Final = 2_048
"""Characters kept of a reply's text: four full lines by the RFC, and a row stays small."""

MAX_SHOWN: Final = 200
"""Octets of a foreign line that an error shows."""

CACHED_LINE_OCTETS: Final = 128
"""Longer lines carry queue ids and addresses and do not come twice; most replies are the
same few lines for ever, and are read once."""

CUT: Final = "…"
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_LINE: Final = re.compile(rb"([2-5][0-9][0-9])(?:([ \t-])(.*))?", re.DOTALL)
USUAL_LINE: Final = re.compile(rb"[2-5][0-9][0-9] [ -~]{0,120}\r?").fullmatch
"""A whole reply with nothing strange about it, and short enough to come twice."""
_ENHANCED: Final = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t]+|$)")
_END: Final = Verb.END_OF_DATA
_USUAL_VERDICT: Final = re.compile(
    rb"([245][0-9][0-9]) ([245]\.[0-9]{1,3}\.[0-9]{1,3}) ([!-~](?:[ -~]{0,254}[!-~])?)\r?"
).fullmatch
"""An enhanced code and some printable ASCII: nothing to replace, to strip or to cut."""
_WITHOUT_ENHANCED: Final = frozenset({Verb.GREETING, Verb.EHLO, Verb.HELO})
"""Their positive replies name hosts and keywords, no enhanced code (RFC 2034 3)."""


@dataclass(frozen=True, slots=True)
class RawReply:
    """One reply as it came: the deciding code, the lines without codes, and whether it is torn."""

    code: int
    lines: tuple[bytes, ...]
    torn: bool = False

    @property
    def shown(self) -> str:
        """Show its beginning in an error: what answers nothing is no `Reply`."""
        return f"{self.code} {printable(b' '.join(self.lines)[:MAX_SHOWN])}"


class ReplyParser:
    """Feed it bytes, take replies; raises `ProtocolViolationError` for what is none."""

    def __init__(self) -> None:
        self._rest = b""
        self._whole: list[bytes] = []
        self._read = 0
        self._lines: list[bytes] = []
        self._code = 0
        self._torn = False
        self._octets = 0

    @property
    def holds_bytes(self) -> bool:
        """Whether something has come that no reply has been made of yet."""
        return bool(self._rest or self._lines or self._read < len(self._whole))

    def feed(self, data: bytes) -> None:
        """Take bytes from the wire."""
        if len(self._rest) > MAX_LINE_OCTETS:
            return  # `next` refuses it, however much more comes
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        self._whole = self._whole[self._read :] + lines if self._whole else lines
        self._read = 0

    def ahead(self, count: int) -> list[bytes]:
        """Return the next whole lines, `count` at most, and leave them there.

        None in the middle of a reply, whose last line would be taken for a reply.
        """
        return [] if self._lines else self._whole[self._read : self._read + count]

    def skip(self, count: int) -> None:
        """Take so many lines away; only between two replies."""
        self._read += count

    def next(self) -> bytes | RawReply | None:
        """Return the next whole reply, or None if more bytes are needed.

        A reply of one line comes as that line, unread: `reply_to` reads it.
        """
        while self._read < len(self._whole):
            line = self._whole[self._read]
            self._read += 1
            if line[3:4] != b"-" and not self._lines:
                return line
            more, raw = _read_line(line)
            self._take(line, raw)
            if not more:
                return self._finish()
        if len(self._rest) > MAX_LINE_OCTETS:
            raise ProtocolViolationError(f"a reply line of more than {MAX_LINE_OCTETS} octets")
        return None

    def _take(self, line: bytes, raw: RawReply) -> None:
        """Take a line of a reply of several."""
        if self._lines:
            self._octets += len(line)
            if self._octets > MAX_REPLY_OCTETS:
                raise ProtocolViolationError(f"a reply of more than {MAX_REPLY_OCTETS} octets")
            if len(self._lines) >= MAX_LINES:
                raise ProtocolViolationError(f"a reply of more than {MAX_LINES} lines")
            self._torn = self._torn or raw.code != self._code
        self._code = raw.code
        self._lines.append(raw.lines[0])

    def _finish(self) -> RawReply:
        raw = RawReply(self._code, tuple(self._lines), self._torn)
        self._lines.clear()
        self._torn = False
        self._octets = 0
        return raw


def _read_line(line: bytes) -> tuple[bool, RawReply]:
    """Return whether more lines follow this one, and the reply that it would be alone."""
    if len(line) > MAX_LINE_OCTETS:
        raise ProtocolViolationError(f"a reply line of more than {MAX_LINE_OCTETS} octets")
    match = _LINE.fullmatch(line.rstrip(b"\r"))
    if match is None:
        raise ProtocolViolationError(f"not an SMTP reply: {printable(line[:MAX_SHOWN])!r}")
    return match[2] == b"-", RawReply(int(match[1]), (match[3] or b"",))


def raw_from(line: bytes) -> RawReply:
    """Read a reply of one line; raises `ProtocolViolationError`."""
    return _read_line(line)[1]


def reply_to(verb: Verb, said: bytes | RawReply) -> Reply:
    """Make the `Reply` to a command from what came: text printable and bounded.

    Raises `ProtocolViolationError` for a line that is none.
    """
    if not isinstance(said, bytes):
        return _reply_from_lines(said.code, said.lines, verb)
    if verb is Verb.END_OF_DATA:  # these name the message, and do not come twice
        return usual_verdict(said) or _reply_from_line(said, verb)
    if len(said) <= CACHED_LINE_OCTETS:
        return _reply_known(said, verb._value_)
    return _reply_from_line(said, verb)


def usual_verdict(line: bytes) -> Reply | None:
    """Read the one line of a reply to the end of data; None if there is more to be read in it."""
    usual = _USUAL_VERDICT(line)
    if usual is None:
        return None
    code, enhanced, text = usual.groups()
    return Reply(int(code), text.decode("ascii"), _END, enhanced.decode("ascii"))


def _reply_from_line(line: bytes, verb: Verb) -> Reply:
    raw = raw_from(line)
    return _reply_from_lines(raw.code, raw.lines, verb)


@lru_cache(maxsize=512)
def _reply_known(line: bytes, verb: str) -> Reply:
    return _reply_from_line(line, Verb(verb))


def _reply_from_lines(code: int, lines: tuple[bytes, ...], verb: Verb) -> Reply:
    texts = [printable(line).strip() for line in lines]
    enhanced = None
    if code >= 400 or (code < 300 and verb not in _WITHOUT_ENHANCED):  # noqa: PLR2004 -- 3yz has none
        enhanced, texts = _split_enhanced(texts)
    text = "\n".join(texts)
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - len(CUT)] + CUT
    return Reply(code=code, text=text, command=verb, enhanced=enhanced)


def _split_enhanced(texts: list[str]) -> tuple[str | None, list[str]]:
    """Take the code that begins the first line off every line that repeats it (RFC 2034 4).

    A class that differs from the basic code's is kept as the server said it.
    """
    match = _ENHANCED.match(texts[0])
    if match is None:
        return None, texts
    enhanced = match[1]
    return enhanced, [
        text[again.end() :] if (again := _ENHANCED.match(text)) and again[1] == enhanced else text
        for text in texts
    ]


def printable(octets: bytes) -> str:
    """Decode as UTF-8; what is not, and what could act on a terminal or a log, is replaced."""
    text = octets.decode("utf-8", "replace")
    if text.isprintable():
        return text
    return "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    if character == "\t" or unicodedata.category(character) == "Zs":
        return " "
    return REPLACEMENT
