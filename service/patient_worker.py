"""gunicorn's threaded worker, of which no thread waits for a client that needs no key to be slow.

1. A head that comes slowly or never stays with the poller until it is whole. Else
   a handful of half requests would hold every thread.
2. A connection that ends is left to its client for a moment, with the poller too
   (RFC 9112 9.6). gunicorn waits in the thread that accepts, one after the other.
3. The rest of a body that was refused unread is not waited for; its answer then says
   that it is the connection's last, so that nobody sends another request behind it.
4. A thread keeps a connection whose next request comes at once, while nobody
   waits for a thread. The way through the thread that accepts costs as much as a
   third of a request.
5. An answer's head and body are written in one.
6. At the worker's end a request that has begun is still read, and who says nothing
   is not waited for: gunicorn does neither before its last second. Whoever has come
   is still taken, and then the port is let go: who comes later is refused at once,
   and can go elsewhere.
"""

import select
import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.http.errors import InvalidHeader, ParseException
from gunicorn.http.message import Request
from gunicorn.workers.gthread import _DEFER, STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from service.messages.resources import PATH
from service.rounds.desk import Desk
from service.rounds.thread import Rounds
from service.timely_socket import HeadTooLargeError, SlowClientError, TimelySocket

REQUEST_SECONDS = 60.0
"""For a whole request to arrive: 50 MB at 0.8 MB a second."""
LINGER_SECONDS = 2.0
"""For a client to close its side after the last answer."""
DRAIN_SECONDS = 0.1
"""For the rest of a refused body, which is mostly there already."""
DRAIN_OCTETS = 1 << 16
"""Of a refused body: to open another connection costs less than to read more."""

POLITE_SECONDS = 0.000025
"""For each connection that a process has already: forty are as long as waking another takes."""
MOST_POLITE = 40
NEXT_SECONDS = 0.02
"""For a client that has its answer to send its next request to the same thread. All of a process's
threads wait so only where it answers as many requests as it can."""

_PIECE = 1 << 16
_IN_ROUNDS = object()
"""What `handle` returns of a connection that it has given to the rounds."""


class PatientWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """A worker process whose threads take requests, not connections."""

    request_seconds = REQUEST_SECONDS

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - gunicorn's own
        super().__init__(*arguments, **options)
        self._leaving: set[TConn] = set()
        self._without_thread: deque[TConn] = deque()
        self._rounds: Rounds | None = None
        self._last_call: float | None = None
        self._has_let_go = False

    def load_wsgi(self) -> None:
        """Load the application, in this process."""
        super().load_wsgi()
        services = self.wsgi.extensions["pillarbox"]
        if not services.tracer.draws:
            self._rounds = Rounds(self, Desk(services).answer)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's signature
        """Accept or not; at the worker's end take who has come, and let go of the port."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive or self._has_let_go:
            return
        self._has_let_go = True
        for listener in self.sockets:
            for _ in range(self.cfg.backlog):
                if not _has_come(listener):
                    break
                super().accept(listener)
            listener.close()  # or the kernel takes connections that nobody will answer

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, but let a process that has fewer be first.

        All are woken, and clients keep their connections: who is once ahead would stay it.
        """
        time.sleep(min(self.nr_conns, MOST_POLITE) * POLITE_SECONDS)  # or the first takes all
        super().accept(listener)

    def enqueue_req(self, conn: TConn) -> None:
        """Have a thread serve a connection, as soon as one is free."""
        self._without_thread.append(conn)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:  # noqa: ANN401 - gunicorn's own marker, or a flag
        """Serve what a connection brings next, once its head is there."""
        with suppress(IndexError):
            self._without_thread.popleft()  # which of them it is, does not matter
        if type(conn.sock) is socket.socket:
            conn.sock = TimelySocket.over(conn.sock)
        while (result := self._serve(conn)) is True:
            if self._rounds is not None and self._joins_rounds(conn):
                self._rounds.take(conn)
                return _IN_ROUNDS
            if not self._stays_with(conn):
                break
        return result

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Answer one request; raises `InvalidHeader` for one without a Host (RFC 9112 3.2)."""
        hosts = [value for name, value in req.headers if name == "HOST"]
        if len(hosts) > 1 or (not hosts and req.version >= (1, 1)):
            raise InvalidHeader("HOST")
        with conn.sock.gathering():
            if not super().handle_request(req, conn):
                return False
            if _is_read_out(conn):
                return True
            conn.sock.tell_last()
            return False

    def _serve(self, conn: TConn) -> Any:  # noqa: ANN401 - as `handle`
        unread = b"" if conn.parser is None else conn.parser.unreader.take_buffered()
        try:
            whole = conn.sock.gather_head(unread, self.request_seconds)
        except (SlowClientError, HeadTooLargeError) as error:
            self.handle_error(None, conn.sock, conn.client, error)
            return False
        except OSError:
            return False
        if not whole:
            return _DEFER
        conn.data_ready = True  # or gunicorn waits for it, in this thread
        result = super().handle(conn)
        conn.sock.expect_nothing()
        return result

    def _stays_with(self, conn: TConn) -> bool:
        """Whether the next request is there, and nobody has waited longer than it."""
        if not self.alive or self._without_thread:
            return False
        return bool(conn.parser.unreader.buf.getvalue()) or conn.sock.comes_within(NEXT_SECONDS)

    def _joins_rounds(self, conn: TConn) -> bool:
        """Whether a connection is of those that are served in rounds: it has posted a message."""
        return (
            self.alive
            and conn.sock.is_plain
            and conn.parser.mesg.method == "POST"
            and conn.parser.mesg.path == PATH
            and not conn.parser.unreader.buf.getvalue()
        )

    def serve_again(self, conn: TConn) -> None:
        """Take a connection back from the rounds: it has brought something for a thread."""
        self.method_queue.defer(self.enqueue_req, conn)

    def keep(self, conn: TConn) -> None:
        """Take a connection back from the rounds that brings nothing."""
        self.method_queue.defer(self.finish_request, conn, _done(result=True))

    def end(self, conn: TConn) -> None:
        """Take a connection back from the rounds that is at its end."""
        self.method_queue.defer(self.finish_request, conn, _done(result=False))

    def murder_pending(self) -> None:
        """Have those answered whose time is over, and close those that never said a word."""
        if not self.alive:
            for conn in self.pending_conns:
                conn.timeout = min(conn.timeout, self._until_last_call())
        for conn in [each for each in self.pending_conns if each.sock.is_late()]:
            self.on_pending_socket_readable(conn, conn.sock)
        for conn in [each for each in self._leaving if each.timeout <= time.monotonic()]:
            self._leave(conn)
        super().murder_pending()

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Take a connection back from its thread: wait for its next request, or let it end."""
        result = None if fs.cancelled() or fs.exception() is not None else fs.result()
        if result is _IN_ROUNDS:
            return
        if result is _DEFER and not self.alive:
            self._hear_out(conn)
            return
        if result is None or result:
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

    def _until_last_call(self) -> float:
        """Return until when a head is waited for at the worker's end: as long as on kept ones."""
        if self._last_call is None:
            self._last_call = time.monotonic() + STOP_KEEPALIVE_LINGER
        return self._last_call

    def _hear_out(self, conn: TConn) -> None:
        """Wait for the rest of a head though the worker ends, as gunicorn does until then."""
        conn.sock.setblocking(False)
        conn.timeout = self._until_last_call()
        self.pending_conns.append(conn)
        self.poller.register(
            conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn)
        )

    def _keepalive_after(self, conn: TConn, keepalive: object) -> bool:  # noqa: ARG002 - gunicorn's signature
        """Whether the connection serves on: as its answer says, its request having been read."""
        return bool(keepalive)

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


def _is_read_out(conn: TConn) -> bool:
    """Read what is left of a request; False if it is much, does not come, or cannot be read.

    What is there is read whatever the clock says: without a processor for us, a whole
    request would look like one that does not come.
    """
    conn.sock.hurry(DRAIN_SECONDS)
    try:
        return bool(conn.parser.finish_body(max_bytes=DRAIN_OCTETS))
    except (SlowClientError, ParseException, OSError):
        return False


def _has_come(listener: socket.socket) -> bool:
    """Whether a connection waits to be taken."""
    poll = select.poll()
    poll.register(listener.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _done(*, result: bool) -> Future[Any]:
    """Make what a thread leaves behind that has served a connection."""
    done: Future[Any] = Future()
    done.set_result(result)
    return done
