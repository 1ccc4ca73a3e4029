"""The client's side of one kept HTTP/1.1 connection, as lean as it can be (RFC 9112)."""

import re
import socket
import time
from dataclasses import dataclass

from bench.errors import AnswerError

LOOPBACK = "127.0.0.1"
CONNECT_SECONDS = 10.0
_CHUNK = 65536
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status, its body, the seconds it took, and whether the server closes now."""

    status: int
    body: bytes
    seconds: float
    closes: bool


class KeptConnection:
    """One exchange at a time: `send`, then `receive` whenever the socket is readable."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._received = b""
        self._sent_at = 0.0
        self._socket = self._connect()

    def fileno(self) -> int:
        """Return the socket's descriptor, so that a selector can watch it."""
        return self._socket.fileno()

    def send(self, request: bytes) -> None:
        """Send a request; this waits for the server only where it exceeds the socket's buffer."""
        self._received = b""
        self._sent_at = time.monotonic()
        self._socket.sendall(request)

    def receive(self) -> Answer | None:
        """Read what is there; the answer once it is whole. Raises `AnswerError`."""
        chunk = self._socket.recv(_CHUNK)
        if not chunk:
            raise AnswerError(f"the server closed after {self._received[:200]!r}")
        self._received += chunk
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = _LENGTH.search(head)
        if length is None:
            raise AnswerError(f"no Content-Length in {head!r}")
        if len(body) < int(length[1]):
            return None
        seconds = time.monotonic() - self._sent_at
        return Answer(int(head[9:12]), body, seconds, _CLOSE.search(head) is not None)

    def reconnect(self) -> None:
        """Open a new connection in place of this one."""
        self.close()
        self._socket = self._connect()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _connect(self) -> socket.socket:
        made = socket.create_connection((LOOPBACK, self._port), timeout=CONNECT_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
