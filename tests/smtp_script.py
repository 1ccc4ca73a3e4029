"""What a scripted SMTP server does at each command: plain replies, and named misbehaviours."""

import socket
import ssl
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

PATIENCE = 10.0
"""Seconds after which a server gives up on a client, so that no test hangs."""


class OverError(Exception):
    """The connection is done with."""


class Talk(Protocol):
    """One connection, as an act sees it."""

    socket: socket.socket
    unread: bytes
    ended: threading.Event

    def say(self, data: bytes) -> None:
        """Send bytes."""

    def read_more(self) -> None:
        """Read what comes into `unread`; `OverError` at the end."""

    def begin_tls(self, early: bytes = b"") -> None:
        """Shake hands; `early` is said with its last flight."""


@dataclass(frozen=True)
class Close:
    """Say these bytes, if any, and close."""

    after: bytes = b""

    def perform(self, talk: Talk) -> None:
        talk.say(self.after)
        raise OverError


@dataclass(frozen=True)
class Reset:
    """Say these bytes, if any, and reset the connection (RST)."""

    after: bytes = b""

    def perform(self, talk: Talk) -> None:
        talk.say(self.after)
        talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise OverError


@dataclass(frozen=True)
class Silence:
    """Never answer, but go on listening."""

    def perform(self, talk: Talk) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Stall:
    """Answer only when `released` is set."""

    reply: bytes
    released: threading.Event = field(default_factory=threading.Event)

    def perform(self, talk: Talk) -> None:
        self.released.wait(PATIENCE)
        talk.say(self.reply)


@dataclass(frozen=True)
class Drip:
    """Say these bytes again and again, for as long as the client stays; `pause` between two."""

    octets: bytes = b"2"
    pause: float = 0.02

    def perform(self, talk: Talk) -> None:
        while not talk.ended.wait(self.pause):
            talk.say(self.octets)


@dataclass(frozen=True)
class StartTls:
    """Answer STARTTLS with 220 and begin TLS.

    `injected` goes out in clear behind the 220, in the same write; `afterwards`
    inside TLS, unasked; without `handshake` there is none.
    """

    injected: bytes = b""
    afterwards: bytes = b""
    handshake: bool = True

    def perform(self, talk: Talk) -> None:
        talk.say(b"220 2.0.0 go\r\n" + self.injected)
        if self.handshake:
            talk.begin_tls()
            talk.say(self.afterwards)


@dataclass(frozen=True)
class EarlyInTls:
    """Shake hands, and say this in the same write that ends the handshake (TLS 1.2)."""

    octets: bytes

    def perform(self, talk: Talk) -> None:
        talk.say(b"220 2.0.0 go\r\n")
        talk.begin_tls(self.octets)
        while True:
            talk.read_more()


@dataclass(frozen=True)
class MidData:
    """Answer 354, read so many octets of content, say this, and half-close (or just go)."""

    octets: int
    reply: bytes
    then_go: bool = False

    def perform(self, talk: Talk) -> None:
        talk.say(b"354 go on\r\n")
        while len(talk.unread) < self.octets:
            talk.read_more()
        talk.say(self.reply)
        if self.then_go:
            raise OverError  # octets that nobody read make the system answer with RST
        talk.socket.shutdown(socket.SHUT_WR)
        while True:
            talk.read_more()


@dataclass(frozen=True)
class StopReading:
    """Say this (354) and read no more, until the client goes."""

    said: bytes = b"354 go on\r\n"

    def perform(self, talk: Talk) -> None:
        talk.say(self.said)
        talk.ended.wait(PATIENCE)


@dataclass(frozen=True)
class Deaf:
    """Say these bytes, if any, and neither read nor answer any more, until the client goes."""

    after: bytes = b""

    def perform(self, talk: Talk) -> None:
        talk.say(self.after)
        talk.ended.wait(6 * PATIENCE)  # longer than anything that a test would take it for
        raise OverError


Misbehaviour: TypeAlias = (
    Close | Reset | Silence | Stall | Drip | StartTls | EarlyInTls | MidData | StopReading | Deaf
)
Act: TypeAlias = bytes | Misbehaviour


class Script:
    """What to do at each command, by its verb in lower case.

    `dot` is the end of data, `last` the last chunk of BDAT, `bdat` any other.
    With `bdat_unread` BDAT is a line like others, and its chunk so many more.

    The first time the first act, and so on; the last one repeats. `ehlo` lists
    keywords, `ehlo_tls` those after STARTTLS (the same if None); `hello` are
    acts in place of the list. `tls` is a context to serve STARTTLS with. Replies to
    what came together leave `together` too, in one write (RFC 2920 3.2).
    """

    def __init__(
        self,
        *,
        ehlo: Sequence[str] = ("PIPELINING", "SIZE 0", "8BITMIME"),
        ehlo_tls: Sequence[str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        together: bool = False,
        **acts: Sequence[Act],
    ) -> None:
        self.keywords = {False: tuple(ehlo), True: tuple(ehlo if ehlo_tls is None else ehlo_tls)}
        self.tls = tls
        self.implicit = implicit
        self.together = together
        self.acts = {verb.upper(): list(those) for verb, those in acts.items()}

    def act(self, verb: str, turn: int, *, encrypted: bool) -> Act:
        """Look up what to do at a command, for the so-manieth time."""
        named = self.acts.get("HELLO" if verb == "EHLO" else verb)
        if named:
            return named[min(turn, len(named) - 1)]
        if verb == "EHLO":
            lines = ("scripted.test", *self.keywords[encrypted])
            return "".join(f"250-{line}\r\n" for line in lines[:-1]).encode() + (
                f"250 {lines[-1]}\r\n".encode()
            )
        if verb == "STARTTLS" and self.tls is not None:
            return StartTls()
        return _POLITE.get(verb, b"500 5.5.1 what\r\n")


_POLITE = {
    "GREETING": b"220 scripted.test ESMTP\r\n",
    "HELO": b"250 scripted.test\r\n",
    "MAIL": b"250 2.1.0 sender ok\r\n",
    "RCPT": b"250 2.1.5 recipient ok\r\n",
    "DATA": b"354 go on\r\n",
    "DOT": b"250 2.0.0 queued as 1\r\n",
    "BDAT": b"250 2.0.0 octets received\r\n",
    "LAST": b"250 2.0.0 queued as 1\r\n",
    "RSET": b"250 2.0.0 reset\r\n",
    "NOOP": b"250 2.0.0 ok\r\n",
    "VRFY": b"252 2.0.0 cannot say\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
    "AUTH": b"235 2.7.0 welcome\r\n",
}
