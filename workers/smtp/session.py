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
from functools import lru_cache
from typing import Final

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.capabilities import NOTHING, Capabilities, Chunking, capabilities_from
from workers.smtp.commands import Command
from workers.smtp.data import TERMINATOR
from workers.smtp.errors import ConversationError, ProtocolViolationError
from workers.smtp.outbox import Outbox
from workers.smtp.parser import USUAL_LINE, RawReply, ReplyParser, raw_from, reply_to
from workers.smtp.pipeline import SINGLE, Exchange, Listener, Shape
from workers.smtp.state import CHUNKABLE, NEEDS_RESET, USUAL, State, after_hearing

SERVICE_CLOSING: Final = 421
"""RFC 5321 3.8: the server closes, whatever was asked."""

SYNTAX: Final = range(500, 505)
"""RFC 5321 4.2.2: what speaks of a command and not of a message."""

_PROVEN: Final = Chunking.PROVEN


class Session:
    """One SMTP session from greeting to QUIT; `greeter` is told the greeting."""

    def __init__(self, greeter: Listener, at: float = 0.0) -> None:
        self.outbox = Outbox()
        self.capabilities: Capabilities = NOTHING
        self.state = State.UNGREETED
        self.over = ""
        """Why this session can only be closed; empty while it goes on."""
        self.dismissed = False
        """Whether the last reply was 421: what is not answered then is not done."""
        self.chunking = Chunking.UNPROVEN
        self._parser = ReplyParser()
        self._waiting: deque[Exchange] = deque()
        self._waiting.append(Exchange(SINGLE["GREETING"], (b"",), greeter, at))
        self._expected = State.GREETED
        self._torn = False

    @property
    def waiting_for(self) -> Verb | None:
        """The command whose reply comes next."""
        return self._waiting[0].next_verb if self._waiting else None

    @property
    def awaits_verdict(self) -> bool:
        """Whether a message was handed over to its end, and its verdict has not come."""
        handed = self.outbox.handed
        return any(0 < each.ending <= handed for each in self._waiting)

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
        self._waiting.append(exchange)

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
        exchange = Exchange(SINGLE["END-OF-DATA"], (b"",), listener, at)
        self._advance(exchange.shape)
        exchange.start = self.outbox.end
        for block in blocks[:-1]:
            self.outbox.put(block)
        if barred:
            self.outbox.bar()
        last = blocks[-1] if blocks else b""
        exchange.end = self.outbox.put(last + TERMINATOR)
        exchange.ending = exchange.end - len(TERMINATOR) + 1
        self._waiting.append(exchange)
        return exchange

    def feed(self, data: bytes) -> None:
        """Take bytes that came from the server."""
        self._parser.feed(data)

    def hear(self, now: float = 0.0) -> list[Reply]:
        """Pair all whole replies with their commands; `ProtocolViolationError` for what is none."""
        parser, waiting, outbox = self._parser, self._waiting, self.outbox
        heard: list[Reply] = []
        judged = self.chunking is _PROVEN or not self.capabilities.chunking
        while not self._torn and (said := self._next(now, heard, judged=judged)) is not None:
            if not waiting:
                raise ProtocolViolationError(f"the server said, unasked: {shown(said)}")
            exchange = waiting[0]
            verbs, replies = exchange.shape.verbs, exchange.replies
            verb = verbs[len(replies)]
            reply = reply_to(verb, said)
            if outbox.handed < exchange.end:
                self._refuse_early(exchange, reply)
            following = USUAL.get((self.state._value_, verb._value_, reply.code))
            if following is None or not judged or said.__class__ is not bytes:
                self._follow(verb, reply, said)
            else:
                self.state = following
            replies.append(reply)
            exchange.times.append(now)
            heard.append(reply)
            if len(replies) == len(verbs):
                waiting.popleft()
                if not waiting:
                    self._expected = self.state
                exchange.listener.heard(exchange)
        if not waiting and parser.holds_bytes and not self._torn:
            raise ProtocolViolationError("the server said something that nothing asked for")
        return heard

    def _next(self, now: float, heard: list[Reply], *, judged: bool) -> bytes | RawReply | None:
        """Return the next reply; before it, hear a whole envelope's in one go if they are usual.

        They are the same few lines for thousands of messages.
        """
        waiting = self._waiting
        if waiting and judged:
            exchange = waiting[0]
            before_last = len(exchange.shape.verbs) - 1
            if before_last and not exchange.replies and self.outbox.handed >= exchange.end:
                lines = self._parser.ahead(before_last)
                usual = len(lines) == before_last and _usual_replies(
                    self.state._value_, exchange.shape, *lines
                )
                if usual:
                    self.state, replies = usual
                    exchange.replies += replies
                    exchange.times += [now] * before_last
                    heard += replies
                    self._parser.skip(before_last)
        return self._parser.next()

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
        if self._waiting:
            before = self._waiting[-1].shape
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
            if verb in {Verb.END_OF_DATA, Verb.BDAT} and not _is_consent(reply):
                if not exchange.wires[0]:
                    self.poison(f"the server refused the data before its end: {reply}")
                return  # a chunk is counted, and goes out whole; what follows it stays in step
        raise ProtocolViolationError(f"the server said, unasked: {reply}")

    def _follow(self, verb: Verb, reply: Reply, said: bytes | RawReply) -> None:
        torn = isinstance(said, RawReply) and said.torn
        if torn and _is_consent(reply):
            raise ProtocolViolationError(f"a reply of several codes to {verb}: {reply}")
        if self.over:  # heard out; nothing follows from it any more
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


def shown(said: bytes | RawReply) -> str:
    """Show what was said unasked; raises `ProtocolViolationError` if it is no reply at all."""
    return (raw_from(said) if isinstance(said, bytes) else said).shown


@lru_cache(maxsize=256)
def _usual_replies(
    before: str, shape: Shape, *lines: bytes
) -> tuple[State, tuple[Reply, ...]] | None:
    """Read the replies to all commands of a shape but the last, if nothing follows from them."""
    state = State(before)
    replies: list[Reply] = []
    for verb, line in zip(shape.verbs, lines, strict=False):
        if not USUAL_LINE(line):
            return None
        reply = reply_to(verb, line)
        following = USUAL.get((state._value_, verb._value_, reply.code))
        if following is None:
            return None
        state = following
        replies.append(reply)
    return state, tuple(replies)


def _is_consent(reply: Reply) -> bool:
    return reply.is_positive or reply.is_intermediate
