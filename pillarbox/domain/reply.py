"""What an SMTP server said, and the command that it answers.

A `Reply` is only ever made from bytes that a server sent. What Pillarbox finds
by itself (no SMTPUTF8, connection refused) is a `Finding` and never looks like
a reply.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Verb(StrEnum):
    """What a reply can answer: a command, the connection itself, or the end of the data."""

    GREETING = "GREETING"
    """The 220 (or refusal) that a server sends unasked when a connection opens (RFC 5321 3.1)."""
    EHLO = "EHLO"
    HELO = "HELO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    """The reply that allows or refuses the body (354 or a refusal), not the verdict on it."""
    END_OF_DATA = "END-OF-DATA"
    """The verdict on the message, after `CRLF . CRLF` (RFC 5321 4.1.1.4) or `BDAT … LAST`."""
    BDAT = "BDAT"
    """The reply to a chunk that is not the last one (RFC 3030)."""
    RSET = "RSET"
    NOOP = "NOOP"
    VRFY = "VRFY"
    QUIT = "QUIT"


class Severity(IntEnum):
    """The first digit of a reply's code (RFC 5321 4.2.1)."""

    POSITIVE = 2
    INTERMEDIATE = 3
    TRANSIENT = 4
    PERMANENT = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of a server, whole.

    `code` is the three-digit basic code (RFC 5321 4.2), 200 to 599; its first
    digit alone decides whether a refusal is transient. `enhanced` is the
    `class.subject.detail` of RFC 3463 when the server gave one, without the
    text; `text` the rest, lines joined by a newline, printable and bounded.
    """

    code: int
    text: str
    command: Verb
    enhanced: str | None = None

    @property
    def is_positive(self) -> bool:
        """2yz: the server did what the command asked, and answers for it."""
        return self.code // 100 == Severity.POSITIVE

    @property
    def is_intermediate(self) -> bool:
        """3yz: the server waits for the rest (the data, or a SASL response)."""
        return self.code // 100 == Severity.INTERMEDIATE

    @property
    def is_transient(self) -> bool:
        """4yz: not now (RFC 5321 4.2.1); the same command may succeed later."""
        return self.code // 100 == Severity.TRANSIENT

    @property
    def is_permanent(self) -> bool:
        """5yz: not like this; repeating it unchanged is no use."""
        return self.code // 100 == Severity.PERMANENT

    def __str__(self) -> str:
        """Render as one line, as a log of a session would show it."""
        words = [str(self.code), self.enhanced or "", self.text.replace("\n", " ")]
        return " ".join(word for word in words if word)
