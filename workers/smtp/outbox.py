from collections import deque
from collections.abc import Callable


class Outbox:
    """What is to be written, in blocks, and how much of it was handed over.

    `handed` counts the bytes over the whole life of a connection; every place
    in the stream has such a number, so that "may the data have ended" is a
    comparison. A bar stops the handing out until `lift()`. A mark is called as
    soon as the stream's first `offset` bytes were handed over.
    """

    def __init__(self) -> None:
        self.handed = 0
        self.end = 0
        self._blocks: deque[bytes] = deque()
        self._head: memoryview | None = None
        self._bars: deque[int] = deque()
        self._marks: deque[tuple[int, Callable[[], None]]] = deque()
        self._starts: deque[int] = deque()

    def __bool__(self) -> bool:
        return self.handed < self.end

    @property
    def barred(self) -> bool:
        """Whether the next byte is behind a bar."""
        return bool(self._bars) and self._bars[0] == self.handed

    def put(self, block: bytes) -> int:
        """Add bytes that are timed as one; return the stream's offset behind them."""
        if block:
            self._blocks.append(block)
            self._starts.append(self.end)
            self.end += len(block)
        return self.end

    def bar(self) -> None:
        """Hold back what is put from now on."""
        self._bars.append(self.end)

    def lift(self) -> None:
        """Let what is behind the first bar go."""
        self._bars.popleft()

    def mark(self, offset: int, reached: Callable[[], None]) -> None:
        """Have `reached` called once `offset` bytes were handed over; in growing order."""
        self._marks.append((offset, reached))

    def head(self) -> memoryview:
        """Return what may be handed over next: all small blocks up to a bar in one.

        Empty if there is nothing, or a bar is before it.
        """
        if self._head is None:
            if not self._blocks or self.barred:
                return memoryview(b"")
            bar = self._bars[0] if self._bars else self.end
            pieces: list[bytes] = []
            size = 0
            while self._blocks and self._starts[0] < bar and size < _JOINED_OCTETS:
                pieces.append(self._blocks.popleft())
                size += len(pieces[-1])
                self._starts.popleft()
            self._head = memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        return self._head

    def taken(self, count: int) -> bool:
        """Note that so many bytes of the head were handed over; True once it is all gone."""
        if self._head is None:
            return True
        self.handed += count
        while self._marks and self._marks[0][0] <= self.handed:
            self._marks.popleft()[1]()
        if count < len(self._head):
            self._head = self._head[count:]
            return False
        self._head = None
        return True


_JOINED_OCTETS = 65_536
"""Up to which small blocks go out in one write, against Nagle and delayed ACKs."""
