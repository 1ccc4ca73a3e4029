"""A relay in memory that refuses, forgets, breaks off and cuts as told, and keeps its books."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.smtp.errors import ConnectionLostError

REPLIES = {2: b"250 2.0.0 ok\r\n", 4: b"450 4.0.0 later\r\n", 5: b"550 5.0.0 no\r\n"}


@dataclass
class Whims:
    """What a relay does: `mail`, `rcpt`, `end` are the first digits of its answers, in turn.

    It `ends` after so many octets have been read: silently, or with 421; what it
    has not written by then is lost if it `loses`. `forgets`: whether refused
    content ends the transaction. `sizes` are those of its reads and writes.
    """

    mail: Sequence[int] = (2,)
    rcpt: Sequence[int] = (2,)
    end: Sequence[int] = (2,)
    ends: int | None = None
    says_421: bool = False
    loses: bool = False
    forgets: bool = True
    sizes: Sequence[int] = (1_000,)
    chunking: bool = True


@dataclass
class Taken:
    """A message that the relay took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass
class _Transaction:
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    content: bytes = b""


class MemoryRelay:
    """A `Stream`, and the server at its other end."""

    tls_version: str | None = None
    tls_cipher: str | None = None
    local_address = "192.0.2.1"
    peer_address = "192.0.2.2"

    def __init__(self, whims: Whims) -> None:
        self.taken: list[Taken] = []
        self.now = 0.0
        self._whims = whims
        self._turns = {"mail": 0, "rcpt": 0, "end": 0, "sizes": 0}
        self._unread = b""
        self._read = 0
        self._out = b"220 relay.test\r\n"
        self._gone = False
        self._in_data = False
        self._transaction = _Transaction()

    def clock(self) -> float:
        """Return monotonic seconds."""
        return self.now

    def send(self, data: bytes | memoryview) -> int:
        """Take some octets, and do what they say."""
        if self._gone:
            raise ConnectionLostError("while writing: broken pipe")
        count = min(len(data), self._turn("sizes"))
        if self._whims.ends is not None:
            count = min(count, self._whims.ends - self._read)
        self._read += count
        self._unread += bytes(data[:count])
        while self._step():
            pass
        if self._whims.ends is not None and self._read >= self._whims.ends and not self._gone:
            self._go()
        return count

    def receive(self, size: int) -> bytes | None:
        """Return some of what it said."""
        if not self._out:
            return b"" if self._gone else None
        count = min(size, self._turn("sizes"))
        said, self._out = self._out[:count], self._out[count:]
        return said

    def wait(self, *, write: bool, timeout: float) -> bool:
        """Never wait; time passes only where nothing else can happen."""
        if self._out or self._gone:
            return True
        if not write:
            self.now += timeout
        return False

    def acknowledge(self) -> None:
        """There is no network to tell."""

    def close(self, *, politely: bool = False) -> None:
        """Hear no more."""
        del politely
        self._gone = True

    def _go(self) -> None:
        if self._whims.loses:
            self._out = b""
        elif self._whims.says_421:
            self._out += b"421 4.3.2 bye\r\n"
        self._gone = True

    def _turn(self, what: str) -> int:
        choices: Sequence[int] = getattr(self._whims, what)
        turn = self._turns[what]
        self._turns[what] = turn + 1
        return choices[turn % len(choices)]

    def _step(self) -> bool:
        if self._in_data:
            return self._end_by_dot()
        line, found, rest = self._unread.partition(b"\r\n")
        if not found:
            return False
        verb, _, argument = line.decode("ascii").partition(" ")
        if verb == "BDAT":
            size = int(argument.split()[0])
            if len(rest) < size:
                return False
            self._unread = rest[size:]
            self._transaction.content += rest[:size]
            self._say(self._end() if argument.endswith("LAST") else REPLIES[2])
            return True
        self._unread = rest
        self._say(self._answer(verb, argument))
        return True

    def _answer(self, verb: str, argument: str) -> bytes:
        transaction = self._transaction
        address = argument.partition("<")[2].partition(">")[0]
        if verb == "EHLO":
            offer = b"250-CHUNKING\r\n" if self._whims.chunking else b""
            return b"250-relay.test\r\n" + offer + b"250 PIPELINING\r\n"
        if verb == "MAIL":
            if transaction.sender is not None:
                return b"503 5.5.1 nested MAIL\r\n"
            digit = self._turn("mail")
            if digit == 2:
                self._transaction = _Transaction(address)
            return REPLIES[digit]
        if verb == "RCPT":
            digit = self._turn("rcpt") if transaction.sender is not None else 5
            if digit == 2:
                transaction.recipients.append(address)
            return REPLIES[digit]
        if verb == "DATA":
            self._in_data = bool(transaction.recipients)
            return b"354 go on\r\n" if self._in_data else b"503 5.5.1 no recipients\r\n"
        assert verb == "RSET", verb
        self._transaction = _Transaction()
        return REPLIES[2]

    def _end_by_dot(self) -> bool:
        content, found, rest = (b"\r\n" + self._unread).partition(b"\r\n.\r\n")
        if not found:
            return False
        self._in_data = False
        self._unread = rest
        self._transaction.content = (content + b"\r\n")[2:].replace(b"\r\n..", b"\r\n.")
        self._say(self._end())
        return True

    def _end(self) -> bytes:
        transaction = self._transaction
        transaction.content, content = b"", transaction.content
        if not transaction.recipients:
            return b"503 5.5.1 no recipients\r\n"  # and, as Exim does, remember the sender
        digit = self._turn("end")
        if digit == 2:
            assert transaction.sender is not None
            self.taken.append(Taken(transaction.sender, tuple(transaction.recipients), content))
        if digit == 2 or self._whims.forgets:
            self._transaction = _Transaction()
        return REPLIES[digit]

    def _say(self, reply: bytes) -> None:
        self._out += reply
