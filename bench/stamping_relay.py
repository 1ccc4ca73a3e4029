"""A relay in a thread of ours that notes the moment of each 250 to an end of data.

It takes everything, offers no extension but those that every relay of today has,
and answers each command at once (RFC 5321, RFC 2920).
"""

import queue
import socketserver
import threading
import time
from dataclasses import dataclass
from typing import ClassVar

from tests.ports import LOOPBACK

IDLE_SECONDS = 120.0
"""A connection that is silent for so long is closed."""

_EHLO = (
    b"250-stamping.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
    b"250-SIZE 30000000\r\n250 ENHANCEDSTATUSCODES\r\n"
)
_TAKEN = b"250 2.0.0 taken\r\n"
_ANSWERS = {
    b"EHLO": _EHLO,
    b"HELO": b"250 stamping.test\r\n",
    b"MAIL": b"250 2.1.0 ok\r\n",
    b"RCPT": b"250 2.1.5 ok\r\n",
    b"DATA": b"354 go on\r\n",
    b"RSET": b"250 2.0.0 ok\r\n",
    b"NOOP": b"250 2.0.0 ok\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}
_UNKNOWN = b"502 5.5.1 not here\r\n"


@dataclass(frozen=True, slots=True)
class Taken:
    """One message: its last recipient, when its 250 had been sent, and on what connection."""

    recipient: str
    at: float
    """Monotonic seconds, just after the 250 was handed to the kernel."""
    on_new_connection: bool


class StampingRelay:
    """Listens when made; `taken` holds what came, in order; `close()` ends it.

    It takes `pause` seconds for each message, before it answers the end of its data.
    """

    def __init__(self, pause: float = 0.0) -> None:
        self.taken: queue.SimpleQueue[Taken] = queue.SimpleQueue()
        self._server = _Server((LOOPBACK, 0), _Conversation)
        self._server.taken = self.taken
        self._server.pause = pause
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="stamping-relay"
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening, and wait for the conversations to end."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    taken: queue.SimpleQueue[Taken]
    pause: float


class _Conversation(socketserver.StreamRequestHandler):
    timeout: ClassVar[float] = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        """Converse until QUIT, the end of the stream or silence."""
        try:
            self._converse()
        except (TimeoutError, ConnectionError):
            return

    def _converse(self) -> None:
        self.wfile.write(b"220 stamping.test ESMTP\r\n")
        recipient, is_new = "", True
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            self.wfile.write(_ANSWERS.get(verb, _UNKNOWN))
            if verb == b"QUIT":
                return
            if verb == b"RCPT":
                recipient = line.partition(b"<")[2].partition(b">")[0].decode()
            if verb == b"DATA":
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                if self.server.pause:
                    time.sleep(self.server.pause)  # what a slow relay does is what is measured
                self.wfile.write(_TAKEN)
                self.server.taken.put(Taken(recipient, time.monotonic(), is_new))
                is_new = False
