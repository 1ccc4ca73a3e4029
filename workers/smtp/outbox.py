from collections import deque
from collections.abc import Sequence


class Outbox:
    """What is to be written, in blocks, and how much of it was handed over.

    `handed` counts the bytes over the whole life of a connection; every place
    in the stream has such a number, so that "may the data have ended" is a
    comparison. A bar stops the handing out until `lift()`.
    """

    def __init__(self) -> None:
        self.handed = 0
        self.end = 0
        self._blocks: deque[tuple[Sequence[bytes], int]] = deque()
        """What was put at one time, and its octets; no bar is inside of it."""
        self._head: memoryview | None = None
        self._joined = 0
        """The offset behind the blocks that were joined into a head so far."""
        self._bars: deque[int] = deque()

    def __bool__(self) -> bool:
        return self.handed < self.end

    @property
    def barred(self) -> bool:
        """Whether the next byte is behind a bar."""
        return bool(self._bars) and self._bars[0] == self.handed

    def put(self, block: bytes) -> int:
        """Add bytes that are timed as one; return the stream's offset behind them."""
        return self.put_all((block,), len(block)) if block else self.end

    def put_all(self, blocks: Sequence[bytes], size: int) -> int:
        """Add blocks of `size` octets in all; return the offset behind them."""
        self._blocks.append((blocks, size))
        self.end += size
        return self.end

    def bar(self) -> None:
        """Hold back what is put from now on."""
        self._bars.append(self.end)

    def lift(self) -> None:
        """Let what is behind the first bar go."""
        self._bars.popleft()

    def drop(self) -> None:
        """Forget what was not handed over: nothing more is ever written."""
        self._blocks.clear()
        self._bars.clear()
        self._head = None
        self.end = self.handed

    def head(self) -> memoryview:
        """Return what may be handed over next: all small blocks up to a bar in one.

        Empty if there is nothing, or a bar is before it.
        """
        if self._head is None:
            most = (self._bars[0] if self._bars else self.end) - self._joined
            waiting = self._blocks
            pieces: list[bytes] = []
            size = 0
            while size < most and size < JOINED_OCTETS:
                blocks, octets = waiting.popleft()
                pieces += blocks
                size += octets
            if not size:
                return memoryview(b"")
            self._joined += size
            self._head = memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        return self._head

    def taken(self, count: int) -> bool:
        """Note that so many bytes of the head were handed over; True once it is all gone."""
        if self._head is None:
            return True
        self.handed += count
        if count < len(self._head):
            self._head = self._head[count:]
            return False
        self._head = None
        return True


JOINED_OCTETS = 131_072
"""Up to which small blocks go out in one write, against Nagle and delayed ACKs; some thirty
usual mails, and less than the system holds for a connection."""
