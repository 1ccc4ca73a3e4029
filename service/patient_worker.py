"""gunicorn's threaded worker, of which no thread waits for the head of a request.

A head that comes slowly or never stays with the poller until it is whole. Else a
handful of half requests, for which nobody needs a key, would hold every thread.
"""

import socket
from typing import Any

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from service.timely_socket import HeadTooLargeError, SlowClientError, TimelySocket

REQUEST_SECONDS = 60.0
"""For a whole request to arrive: 50 MB at 0.8 MB a second."""


class PatientWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """A worker process whose threads take requests, not connections."""

    request_seconds = REQUEST_SECONDS

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
        super().murder_pending()
