"""The load posts each mail once, over kept connections, and tells what was answered."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.errors import AnswerError
from bench.load import Order, carry_out

ACCEPTED = b"HTTP/1.1 202 ACCEPTED\r\nContent-Length: 2\r\n\r\n{}"
BATCH = b'HTTP/1.1 202 ACCEPTED\r\nContent-Length: 15\r\n\r\n{"accepted": 3}'
BATCH_IN_PART = b'HTTP/1.1 202 ACCEPTED\r\nContent-Length: 15\r\n\r\n{"accepted": 1}'
CLOSED = b"HTTP/1.1 202 ACCEPTED\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
REFUSED = b"HTTP/1.1 503 SERVICE UNAVAILABLE\r\ncontent-length: 0\r\n\r\n"
ENDLESS = b"HTTP/1.1 202 ACCEPTED\r\n\r\n{}"


class _Server(socketserver.ThreadingTCPServer):
    """Answers each request with the next of its answers; the last one is used again."""

    allow_reuse_address = True

    def __init__(self, *answers: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self._answers = list(answers)
        self._lock = threading.Lock()
        self.connections = 0
        self.recipients: list[str] = []

    def take(self, body: bytes) -> bytes:
        with self._lock:
            self.recipients.append(body.partition(b'"to": ["')[2].partition(b'"')[0].decode())
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def count(self) -> None:
        with self._lock:
            self.connections += 1


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.count()
        while self.rfile.readline():
            length = 0
            while (line := self.rfile.readline()) != b"\r\n":
                if line.startswith(b"Content-Length:"):
                    length = int(line.split()[1])
            answer = self.server.take(self.rfile.read(length))
            for octet in (answer[:9], answer[9:]):  # as it may come over a network
                self.wfile.write(octet)
            if answer in (CLOSED, ENDLESS):
                return


@contextmanager
def _serving(*answers: bytes) -> Iterator[_Server]:
    with _Server(*answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _order(server: _Server, *, count: int, connections: int, batch: int = 1) -> Order:
    return Order(
        port=server.server_address[1],
        path="/v1/messages",
        authorization="Bearer key",
        first=0,
        count=count,
        connections=connections,
        batch=batch,
    )


def test_each_mail_is_posted_once_over_kept_connections() -> None:
    with _serving(ACCEPTED) as server:
        load = carry_out(_order(server, count=50, connections=3))

    assert (50, {}) == (load.accepted, load.refusals)
    assert (50, 50) == (len(load.seconds), len(load.begun))
    assert 50 == len(set(server.recipients))
    assert 3 == server.connections
    assert 0 < load.ended_at - load.started_at


def test_of_a_batch_is_counted_what_was_accepted_of_it() -> None:
    """A 202 to a batch says nothing of its items."""
    with _serving(BATCH, BATCH_IN_PART) as server:
        load = carry_out(_order(server, count=5, connections=1, batch=3))

    assert (4, {}) == (load.accepted, load.refusals)
    assert (2, 5) == (len(load.seconds), len(load.begun))


def test_no_connection_is_opened_that_has_nothing_to_post() -> None:
    with _serving(ACCEPTED) as server:
        carry_out(_order(server, count=2, connections=5))

    assert 2 == server.connections


def test_other_answers_are_counted_too() -> None:
    """A row whose POSTs were refused is none: it must be seen that they were."""
    with _serving(REFUSED, ACCEPTED) as server:
        load = carry_out(_order(server, count=5, connections=1))

    assert (4, {"503": 1}) == (load.accepted, load.refusals)


def test_a_connection_that_the_server_ends_is_opened_anew() -> None:
    with _serving(CLOSED, ACCEPTED) as server:
        load = carry_out(_order(server, count=5, connections=1))

    assert (5, {}) == (load.accepted, load.refusals)
    assert 2 == server.connections


def test_an_answer_without_a_length_ends_the_load() -> None:
    with _serving(ENDLESS) as server, pytest.raises(AnswerError, match="Content-Length"):
        carry_out(_order(server, count=5, connections=1))


def test_a_server_that_closes_without_an_answer_ends_the_load() -> None:
    with _serving(CLOSED[:20]) as server:
        server.timeout = 1
        with pytest.raises(AnswerError, match="closed after"):
            _one_half_answer(server)


def _one_half_answer(server: _Server) -> None:
    class Half(_Conversation):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 202")

    server.RequestHandlerClass = Half
    carry_out(_order(server, count=1, connections=1))
