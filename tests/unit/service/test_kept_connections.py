"""Connections that stay: each request on them is answered, and nobody else waits for them."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from service import patient_worker
from service.timely_socket import TimelySocket
from tests.ports import LOOPBACK
from tests.unit.service.running import Running, problem, read_answer

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
REFUSED = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
"""It has no key."""


def test_more_connections_than_threads_are_all_served(server: Running) -> None:
    """There are four threads, and a thread stays with a connection only while nobody waits."""

    def ask(_number: int) -> list[bytes]:
        with socket.create_connection((LOOPBACK, server.port), timeout=20) as connection:
            heard = []
            for _ in range(20):
                connection.sendall(GET)
                heard.append(read_answer(connection)[:13])
            return heard

    with ThreadPoolExecutor(12) as pool:
        heard = list(pool.map(ask, range(12)))

    assert [[b"HTTP/1.1 200 "] * 20] * 12 == heard


def test_idle_connections_hold_no_thread(server: Running) -> None:
    """Each had its answer, and its thread waited a moment for more; then it serves others."""
    with ExitStack() as opened:
        for _ in range(12):
            connection = socket.create_connection((LOOPBACK, server.port), timeout=20)
            opened.enter_context(connection).sendall(GET)
            read_answer(connection)

        assert server.say(LAST).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("count", [2, 30])
def test_requests_that_come_together_are_answered_in_order(server: Running, count: int) -> None:
    """RFC 9112 9.3.2."""
    asked = [
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: %d\r\n\r\n" % n for n in range(count)
    ]

    heard = server.say(b"".join(asked) + LAST)

    ids = re.findall(rb"(?i)x-request-id: (\d{1,2})\r\n", heard)
    assert [b"%d" % number for number in range(count)] == ids
    assert count + 1 == heard.count(b"HTTP/1.1 200 ")


def test_an_answer_larger_than_what_is_gathered_comes_whole(server: Running) -> None:
    """Small pieces of an answer are written in one; a large one is written as it is."""
    heard = server.say(LAST.replace(b"/livez", b"/docs/swagger-ui-bundle.js"))
    head, _, body = heard.partition(b"\r\n\r\n")

    [length] = re.findall(rb"(?i)content-length: (\d+)", head)
    assert int(length) == len(body) > 1 << 16


@pytest.mark.parametrize(
    "head",
    [
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        b"GET /livez HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    ],
)
def test_a_request_names_one_host(server: Running, head: bytes) -> None:
    """RFC 9112 3.2: without Host, or with two, it is 400 from HTTP/1.1 on."""
    assert (400, "bad-request") == problem(server.say(head))


def test_http_1_0_names_none(server: Running) -> None:
    assert server.say(b"GET /livez HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.")


def _said(heard: bytes) -> list[bytes]:
    """Return what an answer says of its connection."""
    return re.findall(rb"(?im)^connection: (\S+)\r$", heard)


@pytest.mark.parametrize("body", [b"", b"half a", b"zz\r\n"])
def test_an_answer_ahead_of_a_body_that_does_not_come_is_its_connections_last(
    server: Running, body: bytes
) -> None:
    """It said that the connection stays, which was closed then: on another request, perhaps."""
    head = REFUSED
    if body == b"zz\r\n":
        head = REFUSED.replace(b"Content-Length: 10", b"Transfer-Encoding: chunked")

    heard = server.say(head + body)

    assert [b"close"] == _said(heard)
    assert 401 == problem(heard)[0]


def test_an_answer_ahead_of_a_body_that_is_there_leaves_the_connection(server: Running) -> None:
    heard = server.say(REFUSED + b"0123456789", LAST)

    assert [b"keep-alive", b"close"] == _said(heard)


def test_a_machine_without_time_is_no_client_without_manners(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However long a thread gets no processor: what has come is read, and the connection stays."""
    monkeypatch.setattr(patient_worker, "DRAIN_SECONDS", -1.0)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(REFUSED + b"0123456789" + GET)
        conn = TConn(Config(), TimelySocket.over(ours), ("127.0.0.1", 1), ("127.0.0.1", 2))
        with closing(conn):
            conn.init()
            next(conn.parser)

            assert patient_worker._is_read_out(conn)
            assert "GET" == next(conn.parser).method
