"""Connections whose posts follow one another are served together, and leave where that ends."""

import os
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest.mock import create_autospec

import pytest

from service.rounds.thread import Host, Rounds
from tests.ports import LOOPBACK
from tests.unit.service.running import Running

LETTER = b'{"from": "billing@acme.test", "to": "ada@example.com", "text": "%d"}'
GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


class Connection:
    """A client's, that stays."""

    def __init__(self, connection: socket.socket, key: str) -> None:
        self.socket = connection
        self._key = key.encode()

    def post(self, number: int, *header: bytes) -> bytes:
        """Write a request for a message; its number is its X-Request-Id."""
        body = LETTER % number
        lines = [
            b"POST /v1/messages HTTP/1.1",
            b"Host: x",
            b"Authorization: Bearer " + self._key,
            b"Content-Type: application/json",
            b"Content-Length: %d" % len(body),
            b"X-Request-Id: %d" % number,
            *header,
        ]
        return b"\r\n".join([*lines, b"", b""]) + body

    def ask(self, *pieces: bytes) -> tuple[int, bytes]:
        """Send a request, and return the answer's status and its X-Request-Id."""
        for piece in pieces:
            self.socket.sendall(piece)
        return self.hear()

    def hear(self) -> tuple[int, bytes]:
        """Read an answer, octet by octet as to leave what follows it."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            octet = self.socket.recv(1)
            assert octet, head
            head += octet
        [length] = re.findall(rb"(?i)content-length: (\d+)", head)
        [request_id] = re.findall(rb"(?i)x-request-id: (\S+)", head)
        assert len(self.socket.recv(int(length), socket.MSG_WAITALL)) == int(length)
        return int(head[9:12]), request_id


@pytest.fixture
def connection(server: Running) -> Iterator[Connection]:
    with _connected(server) as connection:
        yield connection


@contextmanager
def _connected(server: Running) -> Iterator[Connection]:
    with socket.create_connection((LOOPBACK, server.port), timeout=30) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(opened, server.key)
        assert (202, b"0") == connection.ask(connection.post(0))
        yield connection


def test_each_of_many_connections_gets_its_own_answers(server: Running) -> None:
    """More connections than threads, all at once."""

    def post(first: int) -> list[tuple[int, bytes]]:
        with _connected(server) as connection:
            return [connection.ask(connection.post(first + each)) for each in range(20)]

    with ThreadPoolExecutor(12) as pool:
        heard = list(pool.map(post, range(100, 1300, 100)))

    assert [
        [(202, b"%d" % (first + each)) for each in range(20)] for first in range(100, 1300, 100)
    ] == heard


def test_other_requests_come_and_go_between(connection: Connection) -> None:
    for number in range(1, 4):
        assert 200 == connection.ask(GET)[0]
        assert (202, b"%d" % number) == connection.ask(connection.post(number))


def test_what_is_refused_is_refused_and_the_next_is_served(connection: Connection) -> None:
    refused = connection.post(1).replace(b"billing@acme.test", b"no address at all")
    refused = refused.replace(b"Content-Length: 69", b"Content-Length: 70")
    unheard = connection.post(2).replace(b"Bearer", b"Wearer")

    heard = [connection.ask(each) for each in (refused, unheard, connection.post(3))]

    assert [(422, b"1"), (401, b"2"), (202, b"3")] == heard


def test_a_post_that_comes_in_pieces_is_answered(connection: Connection) -> None:
    """Wherever it is cut; the first piece alone is no request."""
    for number, cut in enumerate([1, 30, 100, 230], 1):
        request = connection.post(number)
        assert (202, b"%d" % number) == connection.ask(request[:cut], request[cut:])


def test_posts_that_come_together_are_answered_in_order(connection: Connection) -> None:
    """RFC 9112 9.3.2."""
    connection.socket.sendall(b"".join(map(connection.post, range(1, 8))))

    heard = [connection.hear() for _ in range(7)]

    assert [(202, b"%d" % number) for number in range(1, 8)] == heard


def test_an_unusual_header_is_read_by_gunicorn(connection: Connection) -> None:
    """There it is refused, or taken, as ever; the connection stays with threads from then on."""
    heard = [
        connection.ask(connection.post(1, b"X-Odd: 1")),
        connection.ask(connection.post(2)),
        connection.ask(connection.post(3, b"Transfer-Encoding: chunked")),
    ]

    assert [(202, b"1"), (202, b"2")] == heard[:2]
    assert 400 == heard[2][0]
    assert b"" == connection.socket.recv(1)


def test_a_last_request_ends_its_connection(connection: Connection) -> None:
    assert (202, b"1") == connection.ask(connection.post(1, b"Connection: close"))
    assert b"" == connection.socket.recv(1)


def test_a_half_request_is_answered_408_when_its_time_is_over(connection: Connection) -> None:
    """It began while the connection was served with others; nobody waits for its rest."""
    assert 408 == connection.ask(connection.post(1)[:-1])[0]


def test_a_request_cut_short_is_answered(connection: Connection) -> None:
    """Its client has closed one side only, and may wait for what is said to it (RFC 9112 8)."""
    connection.socket.sendall(connection.post(1)[:-1])
    connection.socket.shutdown(socket.SHUT_WR)

    assert (400, b"1") == connection.hear()


def test_a_client_that_goes_leaves_the_others_served(
    server: Running, connection: Connection
) -> None:
    with _connected(server) as other:
        other.socket.sendall(other.post(1)[:-1])
    with _connected(server) as other:
        other.socket.sendall(other.post(1))

    assert (202, b"1") == connection.ask(connection.post(1))


def test_a_thread_that_cannot_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever came afterwards would wait for it for ever."""
    begun: list[int] = []
    bells: list[tuple[int, int]] = []
    pipe = os.pipe

    def noted() -> tuple[int, int]:
        bells.append(pipe())
        return bells[-1]

    def start(_thread: threading.Thread) -> None:
        begun.append(len(begun))
        if len(begun) == 1:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(os, "pipe", noted)
    monkeypatch.setattr(threading.Thread, "start", start)
    rounds = Rounds(create_autospec(Host), lambda posts: [b""] * len(posts))

    with pytest.raises(RuntimeError):
        rounds.take(object())
    for _ in range(2):
        rounds.take(object())

    assert [0, 1] == begun
    assert b"\0\0" == os.read(bells[-1][0], 10)
    for end in bells[-1]:
        os.close(end)
