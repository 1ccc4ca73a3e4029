"""The conversation with one server, without any input or output.

1. Whoever drives it writes what `outbox` holds, feeds what comes back, and lets
   `hear()` give each reply to whom it belongs.
2. Nothing is asked that the state does not allow; nothing is heard that no
   command asked for: such a reply poisons the session.
3. 421, a torn reply and a verdict before the data's end are answers too, and the
   last ones (`over`); but where content was ended behind a 421, the server may
   still say what became of it, and is heard out (`lingers`).
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.capabilities import NOTHING, Capabilities, Chunking, capabilities_from
from workers.smtp.commands import Command
from workers.smtp.data import TERMINATOR
from workers.smtp.errors import ConversationError, OutOfStepError, ProtocolViolationError
from workers.smtp.outbox import Outbox
from workers.smtp.parser import (
    RawReply,
    ReplyParser,
    raw_from,
    reply_to,
    usual_verdict,
)
from workers.smtp.pipeline import SINGLE, Exchange, Listener, Shape
from workers.smtp.state import CHUNKABLE, NEEDS_RESET, USUAL, State, after_hearing
from workers.smtp.usual_replies import is_consent, usual_replies

SERVICE_CLOSING: Final = 421
"""RFC 5321 3.8: the server closes, whatever was asked."""

SYNTAX: Final = range(500, 505)
"""RFC 5321 4.2.2: what speaks of a command and not of a message."""

_PROVEN: Final = Chunking.PROVEN
_UNPROVEN: Final = Chunking.UNPROVEN
_NO_WIRE: Final = (b"",)
_END: Final = Verb.END_OF_DATA.value
_CONTENT: Final = SINGLE["END-OF-DATA"]


class Session:
    """One SMTP session from greeting to QUIT; `greeter` is told the greeting."""

    def __init__(self, greeter: Listener, at: float = 0.0) -> None:
        self.outbox = Outbox()
        self.capabilities: Capabilities = NOTHING
        self.state = State.UNGREETED
        self.over = ""
        """Why this session can only be closed; empty while it goes on."""
        self.dismissed = False
        """Whether it was said that the session ends, and nothing was taken since: what is not
        answered then is not done."""
        self.chunking = Chunking.UNPROVEN
        self._parser = ReplyParser()
        self.waiting: deque[Exchange] = deque()
        """The exchanges that are not answered whole, in order."""
        self.waiting.append(Exchange(SINGLE["GREETING"], (b"",), greeter, at))
        self._expected = State.GREETED
        self._torn = False

    @property
    def waiting_for(self) -> Verb | None:
        """The command whose reply comes next."""
        return self.waiting[0].next_verb if self.waiting else None

    @property
    def awaits_verdict(self) -> bool:
        """Whether a message was handed over to its end, and its verdict has not come."""
        handed = self.outbox.handed
        return any(0 < each.ending <= handed for each in self.waiting)

    @property
    def needs_reset(self) -> bool:
        """Whether RSET must come before the next transaction."""
        return self.state in NEEDS_RESET

    @property
    def lingers(self) -> bool:
        """Whether the session is over, and a verdict on ended content may still come."""
        return bool(self.over) and not self._torn and self.awaits_verdict

    def ask(
        self, command: Command, listener: Listener, at: float = 0.0, position: int | None = None
    ) -> None:
        """Put a command behind what is to be written; `ConversationError` if it is not its turn."""
        places = () if position is None else (position,)
        shape = SINGLE[command.verb._value_]
        self.ask_all(Exchange(shape, (command.wire,), listener, at, places), len(command.wire))

    def ask_all(self, exchange: Exchange, size: int, *, ends_data: bool = False) -> None:
        """Put an exchange of `size` octets behind what is to be written.

        `ends_data`: its content is a last chunk, and only with that one's last
        octet the data may have ended (RFC 3030 2).
        """
        self._advance(exchange.shape)
        outbox = self.outbox
        exchange.start = outbox.end
        exchange.end = outbox.put_all(exchange.wires, size)
        if ends_data:
            exchange.ending = exchange.end
        self.waiting.append(exchange)

    def give_data(
        self, blocks: Sequence[bytes], listener: Listener, at: float = 0.0, *, barred: bool = True
    ) -> Exchange:
        """Put content and its terminator behind what is to be written.

        `blocks` are encoded already (`WireContent.blocks`). The last block and the
        terminator stay behind a bar. With the terminator's first byte the data may
        have ended.
        """
        if self._expected is not State.DATA:
            raise ConversationError(f"content in state {self._expected}")
        exchange = Exchange(_CONTENT, _NO_WIRE, listener, at)
        self._advance(exchange.shape)
        outbox = self.outbox
        exchange.start = outbox.end
        for block in blocks[:-1]:
            outbox.put(block)
        if barred:
            outbox.bar()
        last = blocks[-1] if blocks else b""
        exchange.end = outbox.put_all((last, TERMINATOR), len(last) + len(TERMINATOR))
        exchange.ending = exchange.end - len(TERMINATOR) + 1
        self.waiting.append(exchange)
        return exchange

    def feed(self, data: bytes) -> None:
        """Take bytes that came from the server."""
        self._parser.feed(data)

    def hear(self, now: float = 0.0) -> list[Reply]:
        """Pair all whole replies with their commands; `ProtocolViolationError` for what is none."""
        parser, waiting = self._parser, self.waiting
        heard: list[Reply] = []
        judged = self.chunking is not _UNPROVEN or not self.capabilities.chunking
        while not self._torn and (waiting or parser.holds_bytes):
            exchange = waiting[0] if waiting else None
            if judged and exchange is not None and not exchange.replies:
                self._hear_usual(exchange, now, heard)
            if exchange is None or len(exchange.replies) < len(exchange.shape.verbs):
                said = parser.next()
                if said is None:
                    break
                if exchange is None:
                    raise unasked(said)
                reply = self._hear_next(exchange, said, judged=judged)
                exchange.replies.append(reply)
                exchange.times.append(now)
                heard.append(reply)
            if len(exchange.replies) == len(exchange.shape.verbs):
                waiting.popleft()
                if not waiting:
                    self._expected = self.state
                exchange.listener.heard(exchange)
        if not waiting and parser.holds_bytes and not self._torn:
            raise ProtocolViolationError("the server said something that nothing asked for")
        return heard

    def _hear_next(self, exchange: Exchange, said: bytes | RawReply, *, judged: bool) -> Reply:
        """Read the reply to the next command of an exchange, and follow it."""
        verb = exchange.shape.verbs[len(exchange.replies)]
        reply = reply_to(verb, said)
        if self.outbox.handed < exchange.end:
            self._refuse_early(exchange, reply)
        following = USUAL.get((self.state._value_, verb._value_, reply.code))
        if following is None or not judged or said.__class__ is not bytes:
            self._follow(verb, reply, said)
        else:
            self.state = following
        return reply

    def _hear_usual(self, exchange: Exchange, now: float, heard: list[Reply]) -> None:
        """Hear the replies to a whole exchange in one go, as far as they are there and usual.

        But for the verdict they are the same few lines for thousands of messages.
        """
        shape = exchange.shape
        alike = shape.alike
        lines = self._parser.ahead(len(shape.verbs))
        if len(lines) < alike or self.outbox.handed < exchange.end:
            return
        usual = usual_replies(self.state._value_, shape, *lines[:alike])
        if usual is None:
            return
        state, replies, exchange.consented = usual
        if len(lines) > alike and (verdict := usual_verdict(lines[alike])):
            following = USUAL.get((state._value_, _END, verdict.code))
            if following is not None:
                state, replies = following, (*replies, verdict)
        self.state = state
        exchange.replies += replies
        exchange.times += [now] * len(replies)
        heard += replies
        self._parser.skip(len(replies))

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

    def _advance(self, shape: Shape) -> None:
        waiting = self.waiting
        if waiting:
            before = waiting[-1].shape
            if before.ends_group or not self.capabilities.pipelining:
                raise ConversationError(f"{shape.verbs[0]} before the reply to {before.verbs[-1]}")
        elif len(shape.verbs) > 1 and not self.capabilities.pipelining:
            raise ConversationError("a group where pipelining is not offered")
        following = shape.leads_from(self._expected)
        if following is None or self.over:
            raise ConversationError(f"{shape.verbs[0]} in state {self._expected}")
        self._expected = following

    def _refuse_early(self, exchange: Exchange, reply: Reply) -> None:
        """Let nothing answer what was not written; but content may be refused before its end."""
        index, handed = len(exchange.replies), self.outbox.handed
        verb = exchange.shape.verbs[index]
        if exchange.begins_at(index) <= handed:
            if handed >= exchange.ends_at(index):
                return
            if verb in {Verb.END_OF_DATA, Verb.BDAT} and not is_consent(reply):
                if not exchange.wires[0]:
                    self.poison(f"the server refused the data before its end: {reply}")
                return  # a chunk is counted, and goes out whole; what follows it stays in step
        raise ProtocolViolationError(f"the server said, unasked: {reply}")

    def _follow(self, verb: Verb, reply: Reply, said: bytes | RawReply) -> None:
        torn = isinstance(said, RawReply) and said.torn
        if torn and is_consent(reply):
            raise ProtocolViolationError(f"a reply of several codes to {verb}: {reply}")
        if self.over:  # heard out; nothing follows, but whether something is taken after all
            if reply.code == SERVICE_CLOSING or (is_consent(reply) and verb is not Verb.RSET):
                self.dismissed = reply.code == SERVICE_CLOSING
            return
        before = self.state
        following = after_hearing(before, verb, reply.code)
        if reply.code == SERVICE_CLOSING:
            self.dismissed = True
            self.poison(f"the server closes the session: {reply}")
        elif following is None:
            raise ProtocolViolationError(f"an impossible reply to {verb}: {reply}")
        elif torn:
            self._torn = True
            self.poison(f"a reply of several codes: {reply}")
        elif following is State.CLOSED:
            self.dismissed = verb is Verb.RSET  # never refused but to end it: Exim says 554, goes
            self.poison(f"{verb} was answered {reply}")
        else:
            self.state = following
            self._learn(before, verb, reply, said)

    def _learn(self, before: State, verb: Verb, reply: Reply, said: bytes | RawReply) -> None:
        """Take from a reply what it says of the server."""
        if before is State.GREETED and reply.is_positive:
            lines = said.lines if verb is Verb.EHLO and isinstance(said, RawReply) else ()
            self.capabilities = capabilities_from(lines) if lines else NOTHING
        elif before in CHUNKABLE and self.chunking is not _PROVEN:
            self._judge_chunking(verb, reply)

    def _judge_chunking(self, verb: Verb, reply: Reply) -> None:
        """Learn from the first answers to BDAT whether the server knows it."""
        if verb not in {Verb.BDAT, Verb.END_OF_DATA}:
            return
        if reply.is_positive:
            self.chunking = Chunking.PROVEN
        elif reply.code in SYNTAX:
            self.chunking = Chunking.BROKEN
            self._torn = True  # what follows may answer the content, line by line
            self.poison(f"BDAT is offered, and was answered {reply}")


def unasked(said: bytes | RawReply) -> ProtocolViolationError:
    """Say what is wrong where nothing was asked; raises it if it is no reply at all.

    421 may come at any time (RFC 5321 3.8), and answers nothing.
    """
    reply = raw_from(said) if isinstance(said, bytes) else said
    closing = reply.code == SERVICE_CLOSING
    kind = ProtocolViolationError if closing else OutOfStepError
    return kind(f"the server said, unasked: {reply.shown}")
