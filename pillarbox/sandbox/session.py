"""One peer's conversation with the relay (RFC 5321, 3207, 4954, 2920, 3030), without I/O.

1. Octets go in by `feed`, steps come out of `next_step`, one at a time; None means
   that more octets are wanted. After `StartTls` and `Keep` the driver says what
   came of it (`tls_started`, `kept`, `not_kept`) before it asks for the next step.
2. AUTH wants TLS first, MAIL wants AUTH first.
3. STARTTLS forgets everything said before it, and nothing may follow it in its
   group: octets that came with it would be read as if TLS had carried them.
4. The octets of a chunk are read whatever becomes of them: they are no commands
   (RFC 3030 2).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from pillarbox.sandbox.chunk import Chunk
from pillarbox.sandbox.command import parse_command
from pillarbox.sandbox.content import DottedContent
from pillarbox.sandbox.envelope import parse_bdat
from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.receive_buffer import ReceiveBuffer
from pillarbox.sandbox.refusal import Refusal, out_of_order, reply
from pillarbox.sandbox.sasl import MECHANISMS, Credentials, Exchange, decode, encode
from pillarbox.sandbox.steps import Close, Keep, Say, StartTls, Step
from pillarbox.sandbox.transaction import Transaction

SERVER_NAME = "localhost"
"""What the relay calls itself, and what its certificate says."""


@dataclass(slots=True)
class _Known:
    """What the peer has said and shown; STARTTLS begins a new one."""

    has_greeted: bool = False
    is_authenticated: bool = False
    transaction: Transaction | None = None


class _Plain(Enum):
    """What is read when it is neither content nor a SASL response."""

    COMMAND = auto()
    NOTHING = auto()


_Reading = _Plain | Exchange | DottedContent | Chunk


class Session:
    """One connection, from the greeting to its end."""

    def __init__(self, credentials: Credentials, limits: Limits) -> None:
        self._credentials = credentials
        self._limits = limits
        self._buffer = ReceiveBuffer()
        self._reading: _Reading = _Plain.COMMAND
        self._is_secure = False
        self._known = _Known()
        greeting = reply(220, None, f"{SERVER_NAME} ESMTP Pillarbox sandbox")
        self._steps: deque[Step] = deque([Say(greeting)])
        self._commands: dict[str, Callable[[str], None]] = {
            "HELO": self._hello,
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "BDAT": self._bdat,
            "RSET": self._rset,
            "NOOP": self._noop,
            "VRFY": self._vrfy,
            "QUIT": self._quit,
        }

    def feed(self, octets: bytes) -> None:
        """Take octets of the peer."""
        self._buffer.feed(octets)

    def next_step(self) -> Step | None:
        """Do the next thing that the octets so far allow; None if they allow nothing."""
        while not self._steps:
            try:
                if not self._advance():
                    return None
            except Refusal as refusal:
                self._steps.append(Say(refusal.reply))
                if refusal.closes:
                    self._close(is_abrupt=True)
        return self._steps.popleft()

    def tls_started(self) -> None:
        """Begin anew, as if nothing had been said (RFC 3207 4.2)."""
        self._buffer = ReceiveBuffer()
        self._is_secure = True
        self._known = _Known()

    def kept(self, queue_id: str) -> None:
        """Take responsibility for the mail: the 250."""
        self._say(250, "2.0.0", f"Ok: kept as {queue_id}")

    def not_kept(self) -> None:
        """Say that the mail could not be written down: the peer may try again."""
        self._say(451, "4.3.0", "the mail could not be kept")

    def farewell(self, enhanced: str, text: str) -> None:
        """End the session from our side: 421, at any point (RFC 5321 3.8)."""
        self._say(421, enhanced, text)
        self._close(is_abrupt=self._reading is not _Plain.COMMAND)

    def turn_away(self, enhanced: str, text: str) -> None:
        """Greet with 421 instead of 220, and close (RFC 5321 3.8)."""
        self._steps.clear()
        self.farewell(enhanced, text)

    def _advance(self) -> bool:
        """Read one thing and obey it; False if it is not whole yet."""
        reading = self._reading
        if reading is _Plain.NOTHING:
            return False
        if isinstance(reading, DottedContent):
            return self._dotted(reading)
        if isinstance(reading, Chunk):
            return self._chunk(reading)
        line = self._buffer.take_line(self._limits.command_line)
        if line is None:
            return False
        if reading is _Plain.COMMAND:
            self._command(line)
        else:
            self._response(reading, line)
        return True

    def _command(self, line: bytes) -> None:
        verb, argument = parse_command(line)
        handler = self._commands.get(verb)
        if handler is None:
            raise Refusal(500, "5.5.1", "command not known")
        handler(argument)

    def _ehlo(self, argument: str) -> None:
        extensions = (
            "PIPELINING",
            f"SIZE {self._limits.message_size}",
            "8BITMIME",
            "SMTPUTF8",
            "CHUNKING",
            "ENHANCEDSTATUSCODES",
            f"AUTH {' '.join(MECHANISMS)}" if self._is_secure else "STARTTLS",
        )
        self._hello(argument, *extensions)

    def _hello(self, argument: str, *extensions: str) -> None:
        if not argument.strip():
            raise Refusal(501, "5.5.4", "say who you are")
        self._known.has_greeted = True
        self._known.transaction = None
        self._steps.append(Say(reply(250, None, SERVER_NAME, *extensions)))

    def _starttls(self, argument: str) -> None:
        if argument:
            raise Refusal(501, "5.5.4", "STARTTLS has no argument")
        if self._is_secure:
            raise out_of_order("TLS is there already")
        if self._buffer:
            raise Refusal(554, "5.5.1", "nothing may follow STARTTLS in its group", closes=True)
        self._say(220, "2.0.0", "Ready for TLS")
        self._steps.append(StartTls())

    def _auth(self, argument: str) -> None:
        if not self._is_secure:
            raise Refusal(538, "5.7.11", "AUTH only over TLS: STARTTLS first")
        if not self._known.has_greeted:
            raise out_of_order("EHLO first")
        if self._known.is_authenticated or self._known.transaction:
            raise out_of_order("AUTH once, and not within a transaction")
        name, _, initial = argument.partition(" ")
        mechanism = MECHANISMS.get(name.upper())
        if mechanism is None:
            raise Refusal(504, "5.5.4", f"only {', '.join(MECHANISMS)}")
        exchange = mechanism(self._credentials)
        challenge = next(exchange)
        if initial:
            self._response(exchange, b"" if initial == "=" else initial.encode())
        else:
            self._reading = exchange
            self._steps.append(Say(encode(challenge)))

    def _response(self, exchange: Exchange, line: bytes) -> None:
        self._reading = _Plain.COMMAND
        try:
            challenge = exchange.send(decode(line))
        except StopIteration as end:
            if not end.value:
                raise Refusal(535, "5.7.8", "wrong user or password") from None
            self._known.is_authenticated = True
            self._say(235, "2.7.0", "Authentication successful")
        else:
            self._reading = exchange
            self._steps.append(Say(encode(challenge)))

    def _mail(self, argument: str) -> None:
        if not self._known.has_greeted:
            raise out_of_order("EHLO first")
        if not self._is_secure:
            raise Refusal(530, "5.7.0", "STARTTLS first")
        if not self._known.is_authenticated:
            raise Refusal(530, "5.7.0", "AUTH first")
        if self._known.transaction:
            raise out_of_order("a transaction is under way")
        self._known.transaction = Transaction(argument, self._limits)
        self._say(250, "2.1.0", "Ok")

    def _rcpt(self, argument: str) -> None:
        self._transaction().rcpt(argument)
        self._say(250, "2.1.5", "Ok")

    def _data(self, argument: str) -> None:
        if argument:
            raise Refusal(501, "5.5.4", "DATA has no argument")
        self._reading = self._transaction().data()
        self._steps.append(Say(reply(354, None, "End data with <CRLF>.<CRLF>")))

    def _dotted(self, content: DottedContent) -> bool:
        if not self._buffer:
            return False
        try:
            octets = content.read(self._buffer)
        except Refusal:
            self._end_transaction()
            raise
        if octets is not None:
            self._submit(octets)
        return octets is not None

    def _bdat(self, argument: str) -> None:
        size, is_last = parse_bdat(argument)
        try:
            self._reading = Chunk(size, self._transaction().chunks(), is_last=is_last)
        except Refusal as refusal:
            self._reading = Chunk(size, refusal, is_last=is_last)

    def _chunk(self, chunk: Chunk) -> bool:
        if not chunk.read(self._buffer):
            return False
        self._reading = _Plain.COMMAND
        try:
            content = chunk.outcome()
        except Refusal:
            if chunk.is_last:
                self._end_transaction()
            raise
        if content is None:
            self._say(250, "2.0.0", f"Ok: {chunk.size} octets")
        else:
            self._submit(content)
        return True

    def _rset(self, _: str) -> None:
        self._known.transaction = None
        self._say(250, "2.0.0", "Ok")

    def _noop(self, _: str) -> None:
        self._say(250, "2.0.0", "Ok")

    def _vrfy(self, _: str) -> None:
        self._say(252, "2.0.0", "ask with RCPT (RFC 5321 3.5.3)")

    def _quit(self, _: str) -> None:
        self._say(221, "2.0.0", "Bye")
        self._close(is_abrupt=False)

    def _transaction(self) -> Transaction:
        if self._known.transaction is None:
            raise out_of_order("MAIL first")
        return self._known.transaction

    def _submit(self, content: bytes) -> None:
        submission = self._transaction().submission(content)
        self._end_transaction()
        self._steps.append(Keep(submission))

    def _end_transaction(self) -> None:
        self._known.transaction = None
        self._reading = _Plain.COMMAND

    def _say(self, code: int, enhanced: str, text: str) -> None:
        self._steps.append(Say(reply(code, enhanced, text)))

    def _close(self, *, is_abrupt: bool) -> None:
        self._reading = _Plain.NOTHING
        self._steps.append(Close(is_abrupt))
