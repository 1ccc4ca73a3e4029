"""One connection to a relay: a session on a stream, and what is known of the two.

What breaks the conversation closes the connection, at once and for ever: a late
reply is never read as the answer to the next command.
"""

import contextlib
import time
from collections.abc import Callable, Sequence

from pillarbox.domain.reply import Reply
from workers.smtp.backend import Stream
from workers.smtp.capabilities import Capabilities, Chunking
from workers.smtp.commands import QUIT, Command
from workers.smtp.ending import Ending
from workers.smtp.errors import ConnectionLostError
from workers.smtp.hearing import Hearing
from workers.smtp.pipeline import Exchange, Listener
from workers.smtp.pump import Pump
from workers.smtp.session import Session
from workers.smtp.state import State
from workers.smtp.timeouts import Timeouts
from workers.smtp.trace import ConnectionFacts, OpeningStep

ALIVE_SECONDS = 1.0
"""Since its last reply: a server that answered so lately is there. Content that needs no 354
would make a message uncertain on a connection that died in silence."""

REFUSED_MESSAGES = 10
"""Of one session: RSET stands behind each of them, and Exim ends a session at the eleventh
(`smtp_accept_max_nonmail`), with content unread that would be uncertain then."""


class Connection:
    """A session on a stream. Not for two threads at once.

    `clock` is monotonic seconds. `name` is the relay's `host:port`, for facts.
    """

    def __init__(
        self,
        stream: Stream,
        name: str,
        timeouts: Timeouts,
        clock: Callable[[], float] = time.monotonic,
        ending: Ending | None = None,
    ) -> None:
        self.hearing = Hearing()
        self.opened_at = clock()
        self.transactions = 0
        """How many were begun on it."""
        self.rounds = 0
        """How many MAILs were asked for them: RFC 9422 limits these."""
        self.carried = 0
        """How many of them the server began too: their MAIL was taken."""
        self.taken = 0
        self.refused = 0
        """How many messages were taken and wholly refused, as far as BDAT carried them."""
        self.opening: list[OpeningStep] = []
        """How it was opened, in order."""
        self.cautious = False
        """Whether its relay has broken off in a group; a pool knows it."""
        self._name = name
        self._timeouts = timeouts
        self._clock = clock
        self._closed = False
        self._facts: ConnectionFacts | None = None
        self._session = Session(self.hearing, at=self.opened_at)
        self._pump = Pump(self._session, stream, timeouts, clock, ending or Ending())
        self._announced = False

    def __repr__(self) -> str:
        """Show what a test of a pool asks for."""
        return f"<Connection {self._name} {self._session.state} used {self.transactions}>"

    @property
    def usable(self) -> bool:
        """Whether a further transaction may be tried."""
        return not (self._closed or self._session.over)

    @property
    def capabilities(self) -> Capabilities:
        """What the server says it can do now."""
        return self._session.capabilities

    @property
    def needs_reset(self) -> bool:
        """Whether RSET must come before the next transaction."""
        return self._session.needs_reset

    @property
    def chunking(self) -> Chunking:
        """What is known of BDAT here; a pool knows it of other connections too."""
        return self._session.chunking

    @chunking.setter
    def chunking(self, known: Chunking) -> None:
        self._session.chunking = known

    @property
    def chunks(self) -> bool:
        """Whether content goes by BDAT; if so, then in this session never by DATA."""
        return self._session.capabilities.chunking and self.chunking is not Chunking.BROKEN

    @property
    def most_at_once(self) -> int | None:
        """How many messages by BDAT may be in flight; None for any number, 0 if it had enough.

        Until the server has taken as many, or once it has refused one, no more than
        it may refuse.
        """
        if self.taken >= REFUSED_MESSAGES and not self.refused:
            return None
        return max(0, REFUSED_MESSAGES - self.refused)

    @property
    def stream(self) -> Stream:
        """What it runs on."""
        return self._pump.stream

    @property
    def facts(self) -> ConnectionFacts:
        """What a transaction that begins now travels over."""
        reused = self.transactions > 0
        if self._facts is None or self._facts.reused is not reused:
            self._facts = ConnectionFacts(
                host=self._name,
                tls_version=self._pump.stream.tls_version,
                tls_cipher=self._pump.stream.tls_cipher,
                reused=reused,
                capabilities=tuple(self.capabilities.keywords),
                opening=() if reused else tuple(self.opening),
            )
        return self._facts

    @property
    def handed(self) -> int:
        """How many bytes were handed to the network so far."""
        return self._session.outbox.handed

    @property
    def dismissed(self) -> bool:
        """Whether the server said 421 last, and then ended the connection as it had said."""
        return self._session.dismissed and self._pump.ended

    @property
    def announced(self) -> bool:
        """Whether a reply had said or meant that the session is over, before it was closed."""
        return self._announced

    @property
    def may_have_died(self) -> bool:
        """Whether it is so long ago that the server was heard that it may be gone."""
        return self._clock() - self._pump.heard_at > ALIVE_SECONDS

    @property
    def clock(self) -> Callable[[], float]:
        """Monotonic seconds."""
        return self._clock

    def ask(self, command: Command, listener: Listener, position: int | None = None) -> None:
        """Add a command to the group that `settle` writes; `ConnectionLostError` if it is over."""
        self._refuse_if_over()
        self._session.ask(command, listener, self._clock(), position)

    def ask_all(self, exchange: Exchange, size: int, *, ends_data: bool = False) -> None:
        """Add an exchange to the group; see `Session.ask_all`."""
        if self._session.over:
            self._refuse_if_over()
        self._session.ask_all(exchange, size, ends_data=ends_data)

    def give_data(self, blocks: Sequence[bytes], listener: Listener, *, barred: bool) -> Exchange:
        """Add encoded content to the group; see `Session.give_data`."""
        self._refuse_if_over()
        return self._session.give_data(blocks, listener, self._clock(), barred=barred)

    def bar(self) -> None:
        """Let what is added from now on wait for leave."""
        self._session.outbox.bar()

    def call(self, command: Command) -> Reply:
        """Ask one command and return its reply."""
        self.ask(command, self.hearing)
        return self.settled()

    def settled(self) -> Reply:
        """Wait for what `hearing` has asked, and return the last reply to it."""
        self.hearing.reply = None
        self.settle()
        if self.hearing.reply is None:
            raise ConnectionLostError("no reply")
        return self.hearing.reply

    def swap_stream(self, secured: Stream) -> None:
        """Go on over TLS, knowing nothing (RFC 3207 4.2)."""
        self._pump.stream = secured
        self._session.secured()

    def check_quiet(self) -> None:
        """Raise `LineError` if the server has said something unasked, or gone (RFC 5321 3.8)."""
        try:
            if self._pump.stream.wait(write=False, timeout=0):
                self._pump.read()
        except BaseException:
            self.abort()
            raise

    def settle(self, may_end: Callable[[], bool] | None = None) -> None:
        """Write the group and hear every reply to it.

        `may_end` is asked before a terminator is handed over; without it, or if
        it answers False, `StoppedError`. Raises `LineError`; the connection is
        closed then. So it is after an exception of `may_end`, which passes.
        """
        try:
            self._pump.settle(may_end)
        except BaseException:
            self.abort()
            raise

    def quit(self, timeout: float | None = None) -> None:
        """Say QUIT, wait a little for the answer, and close; never raises.

        Whatever happens here changes nothing that was said before it.
        """
        limit = self._timeouts.quit if timeout is None else timeout
        try:
            if self.usable or self._session.state is State.UNWELCOME:
                with contextlib.suppress(Exception):
                    self.ask(QUIT, self.hearing)
                    self._pump.finish(limit)
        finally:
            if not self._closed:
                self._closed = True
                self._pump.stream.close(politely=True)

    def abort(self) -> None:
        """Close at once, without a word."""
        if not self._closed:
            self._closed = True
            self._announced = bool(self._session.over)
            self._session.poison("closed")
            self._pump.stream.close()

    def _refuse_if_over(self) -> None:
        if self._session.over:
            raise ConnectionLostError(self._session.over)
