"""The conversation with one server, without any input or output.

1. Whoever drives it writes what `outbox` holds, feeds what comes back, and takes
   the answers from `hear()` until there are none.
2. Nothing is asked that the state does not allow; nothing is heard that no
   command asked for: such a reply poisons the session.
3. 421, a torn reply and a verdict before the data's end are answers too, and the
   last ones (`over`).
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.capabilities import NOTHING, Capabilities, capabilities_from
from workers.smtp.commands import Command
from workers.smtp.data import TERMINATOR
from workers.smtp.errors import ConversationError, ProtocolViolationError
from workers.smtp.outbox import Outbox
from workers.smtp.parser import RawReply, ReplyParser, reply_from
from workers.smtp.pipeline import Asked, Listener, Pipeline
from workers.smtp.state import NEEDS_RESET, Answer, State, after_asking, after_hearing

SERVICE_CLOSING: Final = 421
"""RFC 5321 3.8: the server closes, whatever was asked."""


class Heard(NamedTuple):
    """A reply, and the command that it answers."""

    asked: Asked
    reply: Reply


class Session:
    """One SMTP session from greeting to QUIT; `greeter` is told the greeting."""

    def __init__(self, greeter: Listener, at: float = 0.0) -> None:
        self.outbox = Outbox()
        self.capabilities: Capabilities = NOTHING
        self.state = State.UNGREETED
        self.over = ""
        """Why this session can only be closed; empty while it goes on."""
        self._parser = ReplyParser()
        self._pipeline = Pipeline()
        self._pipeline.add(Asked(Verb.GREETING, greeter, end=0, at=at))
        self._expected = State.GREETED

    @property
    def waiting_for(self) -> Asked | None:
        """The command whose reply comes next."""
        return self._pipeline.first

    @property
    def awaits_verdict(self) -> bool:
        """Whether a message was handed over to its end, and its verdict has not come."""
        first = self._pipeline.first
        return first is not None and first.verb is Verb.END_OF_DATA and not self.outbox

    @property
    def needs_reset(self) -> bool:
        """Whether RSET must come before the next transaction."""
        return self.state in NEEDS_RESET

    def unanswered(self) -> tuple[Asked, ...]:
        """All commands that were written, in part or whole, and wait for their replies."""
        return tuple(asked for asked in self._pipeline.waiting() if self._begun(asked))

    def ask(
        self, command: Command, listener: Listener, at: float = 0.0, position: int | None = None
    ) -> None:
        """Put a command behind what is to be written; `ConversationError` if it is not its turn."""
        self._advance(command.verb)
        end = self.outbox.put(command.wire)
        self._pipeline.add(Asked(command.verb, listener, end, at, position))

    def give_data(
        self,
        blocks: Sequence[bytes],
        listener: Listener,
        ending: Callable[[], None],
        at: float = 0.0,
        *,
        barred: bool = True,
    ) -> None:
        """Put content and its terminator behind what is to be written.

        `blocks` are encoded already (`WireContent.blocks`). The last block and the
        terminator stay behind a bar. `ending` is called with the terminator's
        first byte.
        """
        self._advance(Verb.END_OF_DATA)
        for block in blocks[:-1]:
            self.outbox.put(block)
        if barred:
            self.outbox.bar()
        dot = self.outbox.end + (len(blocks[-1]) if blocks else 0)
        self.outbox.mark(dot + 1, ending)
        end = self.outbox.put((blocks[-1] if blocks else b"") + TERMINATOR)
        self._pipeline.add(Asked(Verb.END_OF_DATA, listener, end, at))

    def feed(self, data: bytes) -> None:
        """Take bytes that came from the server."""
        self._parser.feed(data)

    def hear(self) -> Heard | None:
        """Return the next answer, or None; `ProtocolViolationError` for what is none."""
        raw = self._parser.next()
        if raw is None:
            self._refuse_leftovers()
            return None
        asked = self._pipeline.first
        if asked is None or not self._begun(asked):
            raise ProtocolViolationError(f"the server said, unasked: {raw.shown}")
        reply = reply_from(raw, asked.verb)
        answer = Answer.of(reply)
        if self.outbox.handed < asked.end and not (
            asked.verb is Verb.END_OF_DATA and answer is Answer.NO
        ):
            raise ProtocolViolationError(f"the server said, unasked: {raw.shown}")
        self._follow(asked, answer, reply, raw)
        self._pipeline.answer()
        if self._pipeline.first is None:
            self._expected = self.state
        return Heard(asked, reply)

    def secured(self) -> None:
        """TLS has begun: forget all that was said in clear text (RFC 3207 4.2)."""
        if self.state is not State.SECURING:
            raise ConversationError("TLS without STARTTLS")
        self.capabilities = NOTHING
        self.state = self._expected = State.GREETED

    def poison(self, why: str) -> None:
        """Note that this session must not be used again."""
        self.over = self.over or why
        self.state = State.CLOSED

    def _advance(self, verb: Verb) -> None:
        self._pipeline.admit(verb, pipelining=self.capabilities.pipelining)
        following = after_asking(self._expected, verb)
        if following is None or self.over:
            raise ConversationError(f"{verb} in state {self._expected}")
        self._expected = following

    def _begun(self, asked: Asked) -> bool:
        """Whether the server can know of it: content has begun with its first byte."""
        return asked.verb is Verb.END_OF_DATA or asked.end <= self.outbox.handed

    def _refuse_leftovers(self) -> None:
        if self._pipeline.first is None and self._parser.holds_bytes:
            raise ProtocolViolationError("the server said something that nothing asked for")

    def _follow(self, asked: Asked, answer: Answer, reply: Reply, raw: RawReply) -> None:
        following = after_hearing(self.state, asked.verb, answer)
        if raw.torn and answer is not Answer.NO:
            raise ProtocolViolationError(f"a reply of several codes to {asked.verb}: {reply}")
        if reply.code == SERVICE_CLOSING:
            self.poison(f"the server closes the session: {reply}")
            return
        if following is None:
            raise ProtocolViolationError(f"an impossible reply to {asked.verb}: {reply}")
        self.state = following
        if asked.verb is Verb.EHLO and answer is Answer.YES:
            self.capabilities = capabilities_from(raw.lines)
        elif asked.verb is Verb.HELO:
            self.capabilities = NOTHING
        if raw.torn:
            self.poison(f"a reply of several codes: {reply}")
        elif self.outbox.handed < asked.end:
            self.poison(f"the server refused the data before its end: {reply}")
        elif following is State.CLOSED:
            self.poison(f"{asked.verb} was answered {reply}")
