"""A relay that takes everything and answers what it has read in one write, as fast as it can.

`python -m bench.smtp.ready_relay PORT` runs one. It costs its client as little as a relay can,
so that what is measured is the client; smtp-sink offers no CHUNKING.
"""

import itertools
import socket
import sys
import threading
from typing import Final

from bench.smtp.own_listener import OwnListener
from tests.ports import LOOPBACK

_CHUNK: Final = 262_144
_END: Final = b"\r\n.\r\n"
_ANSWERS: Final = {
    b"EHLO": (
        b"250-ready.test\r\n250-PIPELINING\r\n250-SIZE 30000000\r\n250-8BITMIME\r\n"
        b"250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n250 CHUNKING\r\n"
    ),
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 End data with <CR><LF>.<CR><LF>\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
"""As Postfix words them."""


class ReadyRelay(OwnListener):
    """One such process."""

    def __init__(self) -> None:
        super().__init__("ready_relay")


class Conversation:
    """What one client has said so far."""

    def __init__(self) -> None:
        self._unread = b""
        self._in_data = False
        self._ids = itertools.count(0x4FA1B2C3D4)

    def answers(self, octets: bytes) -> bytes:
        """Return the replies to all commands and contents that are whole by now."""
        self._unread += octets
        said: list[bytes] = []
        while reply := self._next():
            said.append(reply)
        return b"".join(said)

    def _next(self) -> bytes:
        if self._in_data:
            _, found, rest = self._unread.partition(_END)
            if not found:
                return b""
            self._unread, self._in_data = rest, False
            return self._taken()
        line, found, rest = self._unread.partition(b"\r\n")
        if not found:
            return b""
        verb = line[:4]
        if verb == b"BDAT":
            octets = int(line.split()[1])
            if len(rest) < octets:
                return b""
            self._unread = rest[octets:]
            return self._taken()
        self._unread, self._in_data = rest, verb.upper() == b"DATA"
        return _ANSWERS.get(verb.upper(), b"502 5.5.2 Error: command not recognized\r\n")

    def _taken(self) -> bytes:
        return b"250 2.0.0 Ok: queued as %011X\r\n" % next(self._ids)


def answer(port: int) -> None:
    """Take connections for ever."""
    with socket.create_server((LOOPBACK, port)) as server:
        while True:
            client, _ = server.accept()
            threading.Thread(target=_converse, args=(client,), daemon=True).start()


def _converse(client: socket.socket) -> None:
    conversation = Conversation()
    with client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            client.sendall(b"220 ready.test ESMTP\r\n")
            while octets := client.recv(_CHUNK):
                client.sendall(conversation.answers(octets))
        except OSError:
            return


if __name__ == "__main__":
    answer(int(sys.argv[1]))
