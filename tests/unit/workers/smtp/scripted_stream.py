"""A stream without a network: what arrives and when is a script, and its clock moves by waiting."""

from collections import deque

from workers.smtp.errors import ConnectionLostError


class ScriptedStream:
    """Takes what is written, at most `room` octets at a time; yields what was made to arrive.

    Without further arrivals, waiting runs into the timeout. `broken_after`
    octets, writing fails as if the peer had reset the connection, and `last_words`
    arrive in that moment.
    """

    tls_version: str | None = None
    tls_cipher: str | None = None
    local_address = "192.0.2.1"
    peer_address = "192.0.2.2"

    def __init__(self) -> None:
        self.now = 0.0
        self.room = 1_000_000
        self.full_after: int | None = None
        self.broken_after: int | None = None
        self.last_words = b""
        self.sent = b""
        self.closed = False
        self.acknowledged = 0
        self._arrivals: deque[tuple[float, bytes]] = deque()
        self._answers: deque[tuple[bytes, list[tuple[float, bytes]]]] = deque()

    def clock(self) -> float:
        """Return monotonic seconds."""
        return self.now

    def arrive(self, data: bytes, seconds: float = 0.0) -> None:
        """Let something arrive so many seconds after what comes before it."""
        before = self._arrivals[-1][0] if self._arrivals else self.now
        self._arrivals.append((before + seconds, data))

    def answer(self, ending: bytes, *replies: bytes | tuple[float, bytes]) -> None:
        """Let replies arrive once what was sent ends so; in the order of these calls."""
        timed = [each if isinstance(each, tuple) else (0.0, each) for each in replies]
        self._answers.append((ending, timed))

    def send(self, data: bytes | memoryview) -> int:
        """Take what there is room for."""
        room = self.room
        if self.full_after is not None:
            room = min(room, self.full_after - len(self.sent))
        if self.broken_after is not None:
            room = min(room, self.broken_after - len(self.sent))
            if room <= 0:
                if self.last_words:
                    self.arrive(self.last_words)
                raise ConnectionLostError("while writing: broken pipe")
        taken = bytes(data[:room])
        self.sent += taken
        if taken and self._answers and self.sent.endswith(self._answers[0][0]):
            for seconds, reply in self._answers.popleft()[1]:
                self.arrive(reply, seconds)
        return len(taken)

    def receive(self, size: int) -> bytes | None:
        """Return what has arrived by now."""
        del size
        if not self._arrivals or self._arrivals[0][0] > self.now:
            return None
        return self._arrivals.popleft()[1]

    def wait(self, *, write: bool, timeout: float) -> bool:
        """Move the clock to the next arrival, or by the timeout."""
        due = self._arrivals[0][0] if self._arrivals else float("inf")
        if due <= self.now:
            return True
        if write and (self.full_after is None or len(self.sent) < self.full_after):
            return False
        self.now = min(due, self.now + timeout)
        return due <= self.now

    def acknowledge(self) -> None:
        """Count it."""
        self.acknowledged += 1

    def close(self, *, politely: bool = False) -> None:
        """Note it."""
        del politely
        self.closed = True
