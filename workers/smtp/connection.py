"""One connection to a relay: a session's bytes moved over a stream, within deadlines.

1. Reading goes on while writing: a peer whose replies nobody reads stops reading
   (RFC 2920 3.1), and a refusal in the middle of the data is worth more than
   the broken pipe behind it.
2. A deadline is for one reply or one block, whole; single bytes do not renew it.
3. What breaks the conversation closes the connection, at once and for ever: a late
   reply is never read as the answer to the next command.
"""

import contextlib
import time
from collections.abc import Callable

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.backend import Stream
from workers.smtp.capabilities import Capabilities
from workers.smtp.commands import QUIT, Command
from workers.smtp.ending import Ending
from workers.smtp.errors import (
    ConnectionLostError,
    LineError,
    ProtocolViolationError,
    StoppedError,
    TimedOutError,
)
from workers.smtp.hearing import Hearing
from workers.smtp.pipeline import Asked, Listener
from workers.smtp.session import Session
from workers.smtp.state import State
from workers.smtp.timeouts import Timeouts
from workers.smtp.trace import ConnectionFacts

RECEIVE_OCTETS = 65_536
"""Of one read: more than a server's socket buffer holds of replies."""

LOOK_SECONDS = 1.0
"""Of one wait: then it is seen whether this process is to end."""


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
        self.carried = 0
        """How many of them the server began too: their MAIL was taken."""
        self._stream = stream
        self._name = name
        self._timeouts = timeouts
        self._clock = clock
        self._ending = ending or Ending()
        self._closed = False
        self._facts: ConnectionFacts | None = None
        self._session = Session(self.hearing, at=self.opened_at)
        self._since = self.opened_at

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
    def stream(self) -> Stream:
        """What it runs on."""
        return self._stream

    @property
    def facts(self) -> ConnectionFacts:
        """What a transaction that begins now travels over."""
        reused = self.transactions > 0
        if self._facts is None or self._facts.reused is not reused:
            self._facts = ConnectionFacts(
                host=self._name,
                tls_version=self._stream.tls_version,
                tls_cipher=self._stream.tls_cipher,
                reused=reused,
                capabilities=tuple(self.capabilities.keywords),
            )
        return self._facts

    def unanswered(self) -> tuple[Asked, ...]:
        """All commands that the server can know of and has not answered."""
        return self._session.unanswered()

    def ask(self, command: Command, listener: Listener, position: int | None = None) -> None:
        """Add a command to the group that `settle` writes; `ConnectionLostError` if it is over."""
        if self._session.over:
            raise ConnectionLostError(self._session.over)
        self._session.ask(command, listener, self._clock(), position)

    def give_data(
        self, blocks: list[bytes], listener: Listener, ending: Callable[[], None], *, barred: bool
    ) -> None:
        """Add encoded content to the group; see `Session.give_data`."""
        self._session.give_data(blocks, listener, ending, self._clock(), barred=barred)

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
        self._stream = secured
        self._session.secured()

    def check_quiet(self) -> None:
        """Raise `LineError` if the server has said something unasked, or gone (RFC 5321 3.8)."""
        try:
            if self._stream.wait(write=False, timeout=0):
                self._read()
        except LineError:
            self.abort()
            raise

    def settle(self, may_end: Callable[[], bool] | None = None) -> None:
        """Write the group and hear every reply to it.

        `may_end` is asked before a terminator is handed over; without it, or if
        it answers False, `StoppedError`. Raises `LineError`; the connection is
        closed then. So it is after an exception of `may_end`, which passes.
        """
        try:
            self._settle(may_end)
        except BaseException:
            self.abort()
            raise

    def quit(self, timeout: float | None = None) -> None:
        """Say QUIT, wait a little for the answer, and close; never raises.

        Whatever happens here changes nothing that was said before it.
        """
        limit = self._timeouts.quit if timeout is None else timeout
        if self.usable or self._session.state is State.UNWELCOME:
            with contextlib.suppress(Exception):
                self._say_quit(limit)
        if not self._closed:
            self._closed = True
            self._stream.close(politely=True)

    def abort(self) -> None:
        """Close at once, without a word."""
        if not self._closed:
            self._closed = True
            self._session.poison("closed")
            self._stream.close()

    def _say_quit(self, limit: float) -> None:
        self.ask(QUIT, self.hearing)
        self._since = self._clock()
        deadline = self._since + limit
        while self._session.outbox:
            self._write()
            if self._session.outbox and not self._await(deadline, write=True):
                return
        while self._session.waiting_for and self._await(deadline, write=False):
            self._read()

    def _await(self, deadline: float, *, write: bool) -> bool:
        left = deadline - self._clock()
        if left <= 0:
            return False
        self._stream.wait(write=write, timeout=left)
        return True

    def _settle(self, may_end: Callable[[], bool] | None) -> None:
        session, stream = self._session, self._stream
        self._since = self._clock()
        while True:
            whole = True
            if session.outbox:
                if session.outbox.barred:
                    self._ask_leave(may_end)
                whole = self._write()
            writing = bool(session.outbox)
            if not writing and session.waiting_for is None:
                return
            if writing and whole:
                ready = stream.wait(write=False, timeout=0)  # just look, then go on
            else:
                ready = stream.wait(write=writing, timeout=min(self._left(), LOOK_SECONDS))
            if ready:
                self._read()
            elif not whole or not writing:
                self._left()
            if session.over:
                if session.waiting_for is None and not session.outbox:
                    return
                raise ConnectionLostError(session.over)

    def _ask_leave(self, may_end: Callable[[], bool] | None) -> None:
        if may_end is None or not may_end():
            raise StoppedError("withdrawn before the end of data")
        self._session.outbox.lift()
        self._since = self._clock()

    def _left(self) -> float:
        """Return the seconds left for what is waited for now; raise when there are none."""
        asked = self._session.waiting_for
        if self._session.outbox and (asked is None or asked.verb is Verb.END_OF_DATA):
            phase, limit = "the taking of a block of data", self._timeouts.data_block
        elif asked is not None:
            phase, limit = f"the reply to {asked.verb}", self._timeouts.of(asked.verb)
        else:
            phase, limit = "nothing", 0.0
        now = self._clock()
        if now >= self._ending.at and not self._session.awaits_verdict:
            raise StoppedError(f"this process ends, and {phase} did not come")
        left = self._since + limit - now
        if left <= 0:
            raise TimedOutError(f"{phase} took more than {limit:g} s")
        return left

    def _write(self) -> bool:
        """Hand over what can be; True if a whole block went."""
        outbox = self._session.outbox
        try:
            count = self._stream.send(outbox.head())
        except ConnectionLostError:
            self._hear_last_words()
            raise
        whole = outbox.taken(count)
        if whole:
            self._since = self._clock()
        return whole

    def _hear_last_words(self) -> None:
        """Hear what the server said before it went: a broken pipe must not hide a refusal."""
        with contextlib.suppress(ConnectionLostError, ProtocolViolationError):
            while self._receive():
                self._hear()

    def _read(self) -> None:
        if self._receive():
            self._hear()

    def _receive(self) -> bool:
        data = self._stream.receive(RECEIVE_OCTETS)
        if data is None:
            return False
        if not data:
            raise ConnectionLostError("the server closed the connection")
        self._session.feed(data)
        return True

    def _hear(self) -> None:
        now = self._clock()
        while (heard := self._session.hear()) is not None:
            self._since = now
            asked, reply = heard
            asked.listener.heard(asked, reply, (now - asked.at) * 1_000)
