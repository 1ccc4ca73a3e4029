"""A socket that does not wait for ever: a slow client must not hold a thread."""

import socket
import time

MAX_HEAD = 1 << 16
"""Octets of a request line and its header together."""
MAX_REQUEST_LINE = 8190
"""Octets; room for every filter of a list."""

_PIECE = 1 << 13
_ENDS = (b"\r\n\r\n", b"\n\n")
"""The second is none, and has to be refused rather than waited for."""


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
    _ahead: bytes = b""
    """The beginning of a head, read before the rest of it had come."""

    @classmethod
    def over(cls, connection: socket.socket) -> "TimelySocket":
        """Take a connected socket over, its descriptor with it."""
        timeout = connection.gettimeout()
        timely = cls(connection.family, connection.type, connection.proto, connection.detach())
        timely.settimeout(timeout)
        return timely

    def expect_within(self, seconds: float) -> None:
        """Begin a request: all of it is to be read within so many seconds."""
        self._deadline = time.monotonic() + seconds
        self._pause = seconds

    def expect_nothing(self) -> None:
        """End a request: the connection may idle until the next begins."""
        self._deadline = None

    def is_late(self) -> bool:
        """Whether a request has begun and its time is over."""
        return self._deadline is not None and self._deadline <= time.monotonic()

    def gather_head(self, read_already: bytes, seconds: float) -> bool:
        """Look, without waiting, whether a request's head has come whole; also at the very end.

        `read_already` came behind the request before. From its first octet on a
        request has so many seconds: then `SlowClientError` is raised, and
        `HeadTooLargeError` for more than 64 KiB.
        """
        self._ahead = read_already + self._ahead
        self.settimeout(0.0)
        piece = b""
        while not (whole := _ends_head(self._ahead + piece)):
            # What has no end yet is taken, or the poller would report it for ever; what
            # has one is left, since a body may follow it.
            self._ahead += super().recv(len(piece)) if piece else b""
            try:
                piece = super().recv(_PIECE, socket.MSG_PEEK)
            except BlockingIOError:
                break
            if not piece:
                return True
        if self._deadline is None and (whole or self._ahead):
            self.expect_within(seconds)
        if self.is_late():
            raise SlowClientError
        return whole

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - socket's own signature
        """Block at most as long as a request may take."""
        self.settimeout(self._pause if flag else 0.0)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Read what comes before the deadline, or raise `SlowClientError`.

        What was read ahead comes first and whole, though it be more than `bufsize`.
        """
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        patience = self.gettimeout()
        if self._deadline is not None and patience is not None and patience > 0:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise SlowClientError
            self.settimeout(min(left, patience))
        try:
            return super().recv(bufsize, flags)
        except TimeoutError as error:
            raise SlowClientError from error

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override] # bytes only
        """Write all of it; what reading left of its deadline does not bound it."""
        self.settimeout(self._pause)
        super().sendall(data, flags)


def _ends_head(octets: bytes) -> bool:
    """Whether there is nothing to wait for: the head is whole, or its first line is too long."""
    if any(end in octets for end in _ENDS):
        return True
    if len(octets) > MAX_REQUEST_LINE + 2 and b"\n" not in octets[: MAX_REQUEST_LINE + 2]:
        return True
    if len(octets) > MAX_HEAD:
        raise HeadTooLargeError
    return False
