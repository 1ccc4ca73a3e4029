"""What no client can avoid with DATA: one write, one wait and one read a message.

Octets that were written before, replies that nobody looks at: the system's part of the
cost, and the least of Python's.
"""

import select
import socket
from typing import Final

from bench.errors import CountError
from bench.smtp.ways import PATIENCE, content
from tests.ports import LOOPBACK

_REPLIES: Final = 4
"""To the content, and to MAIL, RCPT and DATA of the next."""
_READ: Final = 65_536


class BareData:
    """A `Way` that knows nothing: the content of one mail goes with the envelope of the next."""

    batch = 50

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines = self._socket.makefile("rb")
        self._hear(b"", 1)
        self._socket.sendall(b"EHLO client.acme.test\r\n")
        while self._lines.readline()[3:4] == b"-":
            pass
        self._hear(_envelope(0), _REPLIES - 1)
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._writes: dict[int, bytes] = {}

    def prepare(self, numbers: range) -> None:
        """See `Way`."""
        octets = content() + b".\r\n"
        self._writes = {number: octets + _envelope(number + 1) for number in numbers}

    def send(self, numbers: range) -> None:
        """See `Way`; it only counts the lines that come back."""
        for number in numbers:
            self._socket.send(self._writes[number])
            self._poll.poll(PATIENCE * 1000)
            replies = self._socket.recv(_READ).count(b"\n")
            if replies != _REPLIES:
                raise CountError(f"{replies} replies, and not {_REPLIES}, in one read")

    def close(self) -> None:
        """Close it, in the middle of a transaction."""
        self._lines.close()
        self._socket.close()

    def _hear(self, said: bytes, replies: int) -> None:
        self._socket.sendall(said)
        for _ in range(replies):
            self._lines.readline()


def _envelope(number: int) -> bytes:
    return (
        b"MAIL FROM:<billing@acme.test> SIZE=4096\r\n"
        b"RCPT TO:<customer-%08d@example.com>\r\nDATA\r\n" % number
    )
