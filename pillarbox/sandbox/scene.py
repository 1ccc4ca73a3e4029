"""A failure that the relay plays on purpose: at which stage of a session, and what it does."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where in a session a scene is played."""

    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    TLS = "TLS handshake"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    """In place of the 354, or at the first BDAT."""
    CONTENT = "content"
    """Once its first octets have come."""
    END = "end of data"
    RSET = "RSET"
    QUIT = "QUIT"


BEFORE_RECIPIENTS = frozenset(
    {Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.TLS, Stage.AUTH, Stage.MAIL}
)
"""Past when a recipient is named: such a scene is played in the next session."""

AFTER_THE_MESSAGE = frozenset({Stage.RSET, Stage.QUIT})
"""No part of a transaction: such a scene waits for the next command of that name."""

LONGEST = 660.0
"""Seconds that a scene lasts at most: above the ten minutes that a client may wait for the
reply to the end of data (RFC 5321 4.5.3.2.6), and an end to whatever hangs."""


@dataclass(frozen=True, slots=True)
class Accept:
    """Do as ever."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer this; 421 ends the session too."""

    code: int
    enhanced: str
    text: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Say these octets, if any, and end the connection without a further word."""

    said: bytes = b""


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing for so long, then end the connection without a word."""

    seconds: float = LONGEST


@dataclass(frozen=True, slots=True)
class Delay:
    """Let this and every later reply of the transaction come so late."""

    seconds: float = 2.0


Deed = Accept | Refuse | Drop | Hang | Delay


@dataclass(frozen=True, slots=True)
class Scene:
    """One line of the table: what the relay `plays`, and what it `becomes` for a recipient.

    `once`: the second time the same sender writes to the same recipient nothing is
    played. `keeps`: the mail is kept, though nobody is told.
    """

    name: str
    stage: Stage
    deed: Deed
    plays: str
    becomes: str
    once: bool = False
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A scene as one envelope asks for it."""

    scene: Scene
    envelope: tuple[str, str]
    seconds: float | None = None
    is_once: bool = False

    def lasting(self, usual: float) -> float:
        """How long it lasts, in seconds: as the address says, or as it `usual`ly does."""
        return min(usual if self.seconds is None else self.seconds, LONGEST)
