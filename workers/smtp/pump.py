"""A session's bytes moved over a stream, within deadlines.

1. Reading goes on while writing: a peer whose replies nobody reads stops reading
   (RFC 2920 3.1), and a refusal in the middle of the data is worth more than
   the broken pipe behind it.
2. A deadline is for one reply or one block, whole; single bytes do not renew it.
"""

import contextlib
from collections.abc import Callable
from typing import Final

from pillarbox.domain.reply import Verb
from workers.smtp.backend import Stream
from workers.smtp.ending import Ending
from workers.smtp.errors import (
    ConnectionLostError,
    ProtocolViolationError,
    StoppedError,
    TimedOutError,
)
from workers.smtp.session import Session
from workers.smtp.timeouts import Timeouts

RECEIVE_OCTETS: Final = 65_536
"""Of one read: more than a server's socket buffer holds of replies."""

LOOK_SECONDS: Final = 1.0
"""Of one wait: then it is seen whether this process is to end."""


class Pump:
    """Writes what a session has to say, and lets it hear what comes.

    `heard_at` is when the last reply came, by `clock`; `ended` whether the peer
    or the network has ended the stream.
    """

    def __init__(
        self,
        session: Session,
        stream: Stream,
        timeouts: Timeouts,
        clock: Callable[[], float],
        ending: Ending,
    ) -> None:
        self.stream = stream
        self.heard_at = self._since = clock()
        self.ended = False
        self._session = session
        self._timeouts = timeouts
        self._clock = clock
        self._ending = ending

    def settle(self, may_end: Callable[[], bool] | None) -> None:
        """Write all, and hear every reply; raises `LineError`."""
        session, stream = self._session, self.stream
        outbox, waiting = session.outbox, session.waiting
        self._since = self._clock()
        writing = outbox.handed < outbox.end
        while writing or waiting:
            whole = True
            if writing:
                whole = self._write_next(may_end)
                writing = outbox.handed < outbox.end
                if not writing and not waiting:
                    return
            if writing and whole:
                ready = stream.wait(write=False, timeout=0)  # just look, then go on
            else:
                ready = stream.wait(write=writing, timeout=min(self._left(), LOOK_SECONDS))
            if ready:
                if self._receive():
                    self._hear()
                if waiting and not writing:
                    stream.acknowledge()
            elif not whole or not writing:
                self._left()
            if session.over:
                self._stop_writing()
                writing = False

    def finish(self, limit: float) -> None:
        """Write all and hear every reply, or as much as `limit` seconds allow."""
        session = self._session
        deadline = self._clock() + limit
        while session.outbox:
            self._write()
            if session.outbox and not self._await(deadline, write=True):
                return
        while session.waiting_for and self._await(deadline, write=False):
            self.read()

    def read(self) -> None:
        """Hear what has come, if anything has; raises `LineError`."""
        if self._receive():
            self._hear()

    def _stop_writing(self) -> None:
        session = self._session
        session.outbox.drop()
        if session.waiting_for is not None and not session.lingers:
            raise ConnectionLostError(session.over)

    def _write_next(self, may_end: Callable[[], bool] | None) -> bool:
        outbox = self._session.outbox
        if outbox.barred:
            if may_end is None or not may_end():
                raise StoppedError("withdrawn before the end of data")
            outbox.lift()
            self._since = self._clock()
        return self._write()

    def _await(self, deadline: float, *, write: bool) -> bool:
        left = deadline - self._clock()
        if left <= 0:
            return False
        self.stream.wait(write=write, timeout=left)
        return True

    def _left(self) -> float:
        """Return the seconds left for what is waited for now; raise when there are none."""
        session = self._session
        verb = session.waiting_for
        if session.over:
            limit = self._timeouts.quit
        elif session.outbox and (verb is None or verb is Verb.END_OF_DATA):
            verb, limit = None, self._timeouts.data_block
        else:
            limit = 0.0 if verb is None else self._timeouts.of(verb)
        now = self._clock()
        if now >= self._ending.at and not session.awaits_verdict:
            raise StoppedError(f"this process ends, and {self._phase(verb)} did not come")
        left = self._since + limit - now
        if left <= 0:
            raise TimedOutError(f"{self._phase(verb)} took more than {limit:g} s")
        return left

    def _phase(self, verb: Verb | None) -> str:
        """Name what is waited for: the reply to a command, or without one the peer's taking."""
        if self._session.over:
            return "the last words"
        return "the taking of a block of data" if verb is None else f"the reply to {verb}"

    def _write(self) -> bool:
        """Hand over what can be; True if a whole block went."""
        outbox = self._session.outbox
        try:
            count = self.stream.send(outbox.head())
        except ConnectionLostError:
            self.ended = True
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

    def _receive(self) -> bool:
        try:
            data = self.stream.receive(RECEIVE_OCTETS)
        except ConnectionLostError:
            self.ended = True
            raise
        if data is None:
            return False
        if not data:
            self.ended = True
            raise ConnectionLostError("the server closed the connection")
        self._session.feed(data)
        return True

    def _hear(self) -> None:
        now = self._clock()
        if self._session.hear(now):
            self._since = self.heard_at = now
