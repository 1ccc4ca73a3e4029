"""A socket that does not wait for ever: a slow client must not hold a thread."""

import socket
import time


class SlowClientError(Exception):
    """The rest of a request did not come before its deadline.

    No `OSError`, so that no layer between takes it for a broken connection.
    """


class TimelySocket(socket.socket):
    """A client's connection; reading is bounded by a deadline, each writing by a pause.

    gunicorn's threads block in it without a limit of their own (its `timeout`
    watches the process, not the connection). Not for TLS.
    """

    _deadline: float | None = None
    _pause: float | None = None

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

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - socket's own signature
        """Block at most as long as a request may take."""
        self.settimeout(self._pause if flag else 0.0)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Read what comes before the deadline, or raise `SlowClientError`."""
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
