"""One peer's conversation with the relay (RFC 5321, 3207, 4954, 2920, 3030), without I/O.

1. Octets go in by `feed`, steps come out of `next_step`, one at a time; None means
   that more octets are wanted. After `StartTls` and `Keep` the driver says what
   came of it (`tls_started`, `kept`, `not_kept`) before it asks for the next step.
2. AUTH wants TLS first, MAIL wants AUTH first.
3. STARTTLS forgets everything said before it, and nothing may follow it in its
   group: octets that came with it would be read as if TLS had carried them.
"""

from collections import deque
from collections.abc import Callable

from pillarbox.sandbox.authentication import Authentication
from pillarbox.sandbox.command import parse_command
from pillarbox.sandbox.intake import Intake
from pillarbox.sandbox.limits import Limits
from pillarbox.sandbox.player import Player
from pillarbox.sandbox.receive_buffer import ReceiveBuffer
from pillarbox.sandbox.refusal import SERVICE_CLOSING, Refusal, out_of_order, reply
from pillarbox.sandbox.sasl import MECHANISMS, Credentials
from pillarbox.sandbox.scene import Stage
from pillarbox.sandbox.scene_memory import SceneMemory
from pillarbox.sandbox.steps import Close, Say, StartTls, Step

SERVER_NAME = "localhost"
"""What the relay calls itself, and what its certificate says."""


class Session:
    """One connection, from the greeting to its end; those that share a `memory` are one relay's."""

    def __init__(
        self,
        credentials: Credentials,
        limits: Limits,
        memory: SceneMemory | None = None,
        *,
        has_chunking: bool = True,
    ) -> None:
        self._credentials = credentials
        self._limits = limits
        self._steps: deque[Step] = deque()
        self._player = Player(memory or SceneMemory(), self._steps)
        self._intake = Intake(limits, self._player, self._steps)
        self._is_closing = False
        self._is_secure = False
        self._know_nothing()
        if not self._player.plays_waiting(Stage.GREETING):
            self._steps.append(Say(reply(220, None, f"{SERVER_NAME} ESMTP Pillarbox sandbox")))
        self._commands: dict[str, Callable[[str], None]] = {
            "HELO": self._hello,
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._intake.rcpt,
            "DATA": self._intake.data,
            "BDAT": self._intake.bdat,
            "RSET": self._rset,
            "NOOP": self._noop,
            "VRFY": self._vrfy,
            "QUIT": self._quit,
        }
        if not has_chunking:
            del self._commands["BDAT"]

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
        self._is_secure = True
        self._know_nothing()

    def kept(self, queue_id: str) -> None:
        """Take responsibility for the mail."""
        self._intake.kept(queue_id)

    def not_kept(self) -> None:
        """Say that the mail could not be written down: the peer may try again."""
        self._say(451, "4.3.0", "the mail could not be kept")

    def farewell(self, enhanced: str, text: str) -> None:
        """End the session from our side: 421, at any point (RFC 5321 3.8)."""
        self._say(SERVICE_CLOSING, enhanced, text)
        self._close(is_abrupt=not self._expects_command)

    def turn_away(self, enhanced: str, text: str) -> None:
        """Greet with 421 instead of 220, and close (RFC 5321 3.8)."""
        self._steps.clear()
        self.farewell(enhanced, text)

    @property
    def _expects_command(self) -> bool:
        return not (self._is_closing or self._authentication or self._intake.wants_content)

    def _know_nothing(self) -> None:
        self._buffer = ReceiveBuffer()
        self._has_greeted = False
        self._is_authenticated = False
        self._authentication: Authentication | None = None
        self._intake.reset()

    def _advance(self) -> bool:
        """Read one thing and obey it; False if it is not whole yet."""
        if self._is_closing or self._player.has_cut:
            return False
        if self._intake.wants_content:
            return self._intake.read(self._buffer)
        line = self._buffer.take_line(self._limits.command_line)
        if line is None:
            return False
        if self._authentication is None:
            self._command(line)
        else:
            exchange, self._authentication = self._authentication, None
            self._go_on(exchange, exchange.respond(line))
        return True

    def _command(self, line: bytes) -> None:
        verb, argument = parse_command(line)
        handler = self._commands.get(verb)
        if handler is None:
            raise Refusal(500, "5.5.1", "command not known")
        handler(argument)

    def _ehlo(self, argument: str) -> None:
        if self._player.plays_waiting(Stage.EHLO):
            return
        extensions = (
            "PIPELINING",
            f"SIZE {self._limits.message_size}",
            "8BITMIME",
            "SMTPUTF8",
            *(("CHUNKING",) if "BDAT" in self._commands else ()),
            "ENHANCEDSTATUSCODES",
            f"AUTH {' '.join(MECHANISMS)}" if self._is_secure else "STARTTLS",
        )
        self._hello(argument, *extensions)

    def _hello(self, argument: str, *extensions: str) -> None:
        if not argument.strip():
            raise Refusal(501, "5.5.4", "say who you are")
        self._has_greeted = True
        self._intake.reset()
        self._steps.append(Say(reply(250, None, SERVER_NAME, *extensions)))

    def _starttls(self, argument: str) -> None:
        if argument:
            raise Refusal(501, "5.5.4", "STARTTLS has no argument")
        if self._is_secure:
            raise out_of_order("TLS is there already")
        if self._buffer:
            raise Refusal(554, "5.5.1", "nothing may follow STARTTLS in its group", closes=True)
        if self._player.plays_waiting(Stage.STARTTLS):
            return
        self._say(220, "2.0.0", "Ready for TLS")
        if not self._player.plays_waiting(Stage.TLS):
            self._steps.append(StartTls())

    def _auth(self, argument: str) -> None:
        if not self._is_secure:
            raise Refusal(538, "5.7.11", "AUTH only over TLS: STARTTLS first")
        if not self._has_greeted:
            raise out_of_order("EHLO first")
        if self._is_authenticated or self._intake.transaction:
            raise out_of_order("AUTH once, and not within a transaction")
        if self._player.plays_waiting(Stage.AUTH):
            return
        exchange = Authentication(self._credentials, argument)
        self._go_on(exchange, exchange.begin())

    def _go_on(self, exchange: Authentication, challenge: bytes | None) -> None:
        if challenge is None:
            self._is_authenticated = True
            self._say(235, "2.7.0", "Authentication successful")
        else:
            self._authentication = exchange
            self._steps.append(Say(challenge))

    def _mail(self, argument: str) -> None:
        if not self._has_greeted:
            raise out_of_order("EHLO first")
        if not self._is_secure:
            raise Refusal(530, "5.7.0", "STARTTLS first")
        if not self._is_authenticated:
            raise Refusal(530, "5.7.0", "AUTH first")
        self._intake.mail(argument)

    def _rset(self, _: str) -> None:
        if self._player.plays_waiting(Stage.RSET):
            return
        self._intake.reset()
        self._say(250, "2.0.0", "Ok")

    def _noop(self, _: str) -> None:
        self._say(250, "2.0.0", "Ok")

    def _vrfy(self, _: str) -> None:
        self._say(252, "2.0.0", "ask with RCPT (RFC 5321 3.5.3)")

    def _quit(self, _: str) -> None:
        if self._player.plays_waiting(Stage.QUIT):
            return
        self._say(221, "2.0.0", "Bye")
        self._close(is_abrupt=False)

    def _say(self, code: int, enhanced: str, text: str) -> None:
        self._steps.append(Say(reply(code, enhanced, text)))

    def _close(self, *, is_abrupt: bool) -> None:
        self._is_closing = True
        self._steps.append(Close(is_abrupt))
