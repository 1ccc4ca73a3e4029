"""Connections that stay: each request on them is answered, and nobody else waits for them."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.ports import LOOPBACK
from tests.unit.service.running import Running, problem, read_answer

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


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
