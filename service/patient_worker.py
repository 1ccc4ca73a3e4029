"""gunicorn's threaded worker, of which no thread waits for a client that needs no key to be slow.

1. A head that comes slowly or never stays with the poller until it is whole. Else
   a handful of half requests would hold every thread.
2. A connection that ends is left to its client for a moment, with the poller too
   (RFC 9112 9.6). gunicorn waits in the thread that accepts, one after the other.
3. The rest of a body that was refused unread is not waited for.
"""

import selectors
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from service.timely_socket import HeadTooLargeError, SlowClientError, TimelySocket

REQUEST_SECONDS = 60.0
"""For a whole request to arrive: 50 MB at 0.8 MB a second."""
LINGER_SECONDS = 2.0
"""For a client to close its side after the last answer."""
DRAIN_SECONDS = 0.1
"""For the rest of a refused body, which is mostly there already."""

_PIECE = 1 << 16


class PatientWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """A worker process whose threads take requests, not connections."""

    request_seconds = REQUEST_SECONDS

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - gunicorn's own
        super().__init__(*arguments, **options)
        self._leaving: set[TConn] = set()

    def handle(self, conn: TConn) -> Any:  # noqa: ANN401 - gunicorn's own marker, or a flag
        """Serve what a connection brings next, once its head is there."""
        if type(conn.sock) is socket.socket:
            conn.sock = TimelySocket.over(conn.sock)
        unread = b"" if conn.parser is None else conn.parser.unreader.take_buffered()
        try:
            whole = conn.sock.gather_head(unread, self.request_seconds)
        except (SlowClientError, HeadTooLargeError) as error:
            self.handle_error(None, conn.sock, conn.client, error)
            return False
        except OSError:
            return False
        if not whole:
            return _DEFER if self.alive else False
        conn.data_ready = True  # or gunicorn waits for it, in this thread
        result = super().handle(conn)
        conn.sock.expect_nothing()
        return result

    def murder_pending(self) -> None:
        """Have those answered whose time is over, and close those that never said a word."""
        for conn in [each for each in self.pending_conns if each.sock.is_late()]:
            self.on_pending_socket_readable(conn, conn.sock)
        for conn in [each for each in self._leaving if each.timeout <= time.monotonic()]:
            self._leave(conn)
        super().murder_pending()

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Take a connection back from its thread: wait for its next request, or let it end."""
        if fs.cancelled() or fs.exception() is not None or fs.result():
            super().finish_request(conn, fs)
            return
        self._leaving.add(conn)
        conn.timeout = time.monotonic() + LINGER_SECONDS
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(
                conn.sock, selectors.EVENT_READ, partial(self._on_leaving_readable, conn)
            )
        except (OSError, ValueError):
            self._leave(conn)

    def _keepalive_after(self, conn: TConn, keepalive: object) -> bool:
        """Whether the connection serves on: not if it would have to be waited for."""
        deadline = time.monotonic() + DRAIN_SECONDS
        return bool(keepalive) and bool(conn.parser.finish_body(deadline=deadline))

    def _on_leaving_readable(self, conn: TConn, client: socket.socket) -> None:
        """Let what is still sent come to nothing: unread, it would cost the client its answer."""
        try:
            if client.recv(_PIECE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._leave(conn)

    def _leave(self, conn: TConn) -> None:
        self._leaving.discard(conn)
        with suppress(OSError, KeyError, ValueError):  # it was not registered, or is closed
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
