"""A socket that does not wait for ever: a slow client must not hold a thread.

It never blocks in the kernel: what is there is read, and what has room is
written, by one system call; only where that does not go at once it waits. With
a timeout of its own a socket asks first and switches its mode to and fro: three
calls for one, and each lets another thread in between.
"""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

MAX_HEAD = 1 << 16
"""Octets of a request line and its header together."""
MAX_REQUEST_LINE = 8190
"""Octets; room for every filter of a list."""

_PIECE = 1 << 13
_LOOK = 1 << 14
_GATHERED = 1 << 16
"""Octets of an answer that are kept back for those that follow."""

_END_OF_HEAD = b"\r\n\r\n"
_STAYS, _ENDS = b"\r\nConnection: keep-alive\r\n", b"\r\nConnection: close\r\n"
"""As gunicorn writes it."""


class SlowClientError(Exception):
    """The rest of a request did not come before its deadline.

    No `OSError`, so that no layer between takes it for a broken connection.
    """


class HeadTooLargeError(Exception):
    """A request's head goes on and on."""


class TimelySocket(socket.socket):
    """A client's connection; a request is bounded by a deadline, each writing by a pause.

    gunicorn's threads block in it without a limit of their own (its `timeout`
    watches the process, not the connection). Not for TLS.
    """

    _deadline: float | None = None
    _pause: float | None = None
    _patience: float | None = None
    """Seconds that one reading may wait; None: as long as the deadline lets it."""
    _ahead: bytes = b""
    """What was read before somebody asked for it: a head, and what came with it."""
    _gathered: list[bytes] | None = None
    _holds_head: bool = False
    """Whether what is gathered begins with an answer's head: none of it is written."""
    is_plain: bool = True
    """Whether its requests may be served in rounds: none has been seen that cannot."""

    @classmethod
    def over(cls, connection: socket.socket) -> "TimelySocket":
        """Take a connected socket over, its descriptor with it."""
        timely = cls(connection.family, connection.type, connection.proto, connection.detach())
        socket.socket.setblocking(timely, False)
        return timely

    def expect_within(self, seconds: float) -> None:
        """Begin a request: all of it is to be read within so many seconds."""
        self._deadline = time.monotonic() + seconds
        self._pause = seconds

    def expect_nothing(self) -> None:
        """End a request: the connection may idle until the next begins."""
        self._deadline = None

    def hurry(self, seconds: float) -> None:
        """Wait for the rest of a request for so many seconds more, at the most."""
        self._deadline = time.monotonic() + seconds

    def is_late(self) -> bool:
        """Whether a request has begun and its time is over."""
        return self._deadline is not None and self._deadline <= time.monotonic()

    def look_ahead(self) -> bytes:
        """Read what is there, without waiting; it is kept for whoever reads next.

        Raises `EOFError` at the end, `OSError` for a broken connection.
        """
        with suppress(BlockingIOError):
            piece = super().recv(_LOOK)
            if not piece:
                raise EOFError
            self._ahead += piece
        return self._ahead

    def has_ahead(self) -> bool:
        """Whether there is something that was read ahead."""
        return bool(self._ahead)

    def drop_ahead(self) -> None:
        """Drop what was read ahead: somebody has answered it."""
        self._ahead = b""

    def send_at_once(self, octets: bytes) -> bool:
        """Write all of it, or tell that it did not go without waiting."""
        try:
            return super().send(octets) == len(octets)
        except BlockingIOError:
            return False

    def comes_within(self, seconds: float) -> bool:
        """Wait for more to read, or for the end."""
        return bool(self._ahead) or self._is_ready(select.POLLIN, seconds)

    def gather_head(self, read_already: bytes, seconds: float) -> bool:
        """Look, without waiting, whether a request's head has come whole; also at the very end.

        `read_already` came behind the request before. From its first octet on a
        request has so many seconds: then `SlowClientError` is raised, and
        `HeadTooLargeError` for more than 64 KiB.
        """
        self._ahead = read_already + self._ahead
        while not (whole := _ends_head(self._ahead)):
            try:
                piece = super().recv(_PIECE)
            except BlockingIOError:
                break
            if not piece:
                return True
            self._ahead += piece
        if self._deadline is None and self._ahead:
            self.expect_within(seconds)
        if self.is_late():
            raise SlowClientError
        return whole

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Write what is written in the block at its end: an answer's head and body in one."""
        self._gathered = []
        self._holds_head = True
        try:
            yield
        finally:
            self._write_gathered()

    def tell_last(self) -> None:
        """Say in the answer that is gathered that the connection ends with it, if it can be."""
        if self._gathered and self._holds_head:
            head, end, body = b"".join(self._gathered).partition(_END_OF_HEAD)
            self._gathered = [(head + end).replace(_STAYS, _ENDS, 1) + body]

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - socket's own signature
        """Wait at most as long as a request may take, or not at all."""
        self._patience = self._pause if flag else 0.0

    def settimeout(self, value: float | None) -> None:
        """Wait at most so many seconds for what is read."""
        self._patience = value

    def gettimeout(self) -> float | None:
        """Return the seconds that one reading may wait."""
        return self._patience

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Read what comes before the deadline, or raise `SlowClientError`.

        What was read ahead comes first and whole, though it be more than `bufsize`.
        """
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        while True:
            try:
                return super().recv(bufsize, flags)
            except BlockingIOError:
                if self._patience == 0:
                    raise
                if not self._is_ready(select.POLLIN, self._seconds_to_read()):
                    raise SlowClientError from None

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override] # bytes only
        """Write all of it; what reading left of its deadline does not bound it."""
        if self._gathered is None:
            self._write(data, flags)
            return
        self._gathered.append(data)
        if sum(map(len, self._gathered)) > _GATHERED:
            self._write_gathered()
            self._gathered = []
            self._holds_head = False

    def _write_gathered(self) -> None:
        gathered, self._gathered = self._gathered, None
        if gathered:
            self._write(gathered[0] if len(gathered) == 1 else b"".join(gathered), 0)

    def _write(self, data: bytes, flags: int) -> None:
        until = None if self._pause is None else time.monotonic() + self._pause
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[super().send(rest, flags) :]
            except BlockingIOError:
                left = None if until is None else until - time.monotonic()
                if not self._is_ready(select.POLLOUT, left):
                    raise TimeoutError from None

    def _seconds_to_read(self) -> float | None:
        if self._deadline is None:
            return self._patience
        left = self._deadline - time.monotonic()
        return left if self._patience is None else min(left, self._patience)

    def _is_ready(self, event: int, seconds: float | None) -> bool:
        """Wait for the event, or for the connection's end."""
        poll = select.poll()
        poll.register(self, event)
        return bool(poll.poll(None if seconds is None else max(0.0, seconds) * 1000))


def _ends_head(octets: bytes) -> bool:
    """Whether there is nothing to wait for: the head is whole, or its first line is too long.

    A bare LF twice is no end, and has to be refused rather than waited for.
    """
    if b"\r\n\r\n" in octets or b"\n\n" in octets:
        return True
    if len(octets) > MAX_REQUEST_LINE + 2 and b"\n" not in octets[: MAX_REQUEST_LINE + 2]:
        return True
    if len(octets) > MAX_HEAD:
        raise HeadTooLargeError
    return False
