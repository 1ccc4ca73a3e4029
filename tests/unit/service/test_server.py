"""The web server itself: what it refuses before the application is asked is a problem too."""

import re
import socket
from contextlib import ExitStack

import pytest

from tests.ports import LOOPBACK
from tests.unit.service.running import Running, problem, read_answer

BODY = b'{"from":"a@acme.test","to":"b@c.test","text":"x"}'


def test_a_letter_is_accepted_over_a_real_connection(server: Running) -> None:
    heard = server.say(server.post(b"Content-Length: %d" % len(BODY)) + BODY)

    assert heard.startswith(b"HTTP/1.1 202 ")


def test_a_chunked_letter_is_accepted(server: Running) -> None:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)

    assert server.say(server.post(b"Transfer-Encoding: chunked") + chunks).startswith(
        b"HTTP/1.1 202 "
    )


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"nonsense\r\n\r\n", (400, "bad-request")),
        (b"GET / HTTP/9.9\r\n\r\n", (400, "bad-request")),
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", (400, "bad-request")),
        (b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", (400, "bad-request")),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", (414, "uri-too-long")),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 9000 + b"\r\n\r\n", (431, "headers-too-large")),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n", (431, "headers-too-large")),
        (b"GET /" + b"a" * 9000, (414, "uri-too-long")),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 12_000, (431, "headers-too-large")),
        (b"GET / HTTP/1.1\nHost: x\n\n", (400, "bad-request")),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", (417, "expectation-failed")),
    ],
)
def test_what_is_no_request_is_a_problem(
    server: Running, octets: bytes, told: tuple[int, str]
) -> None:
    assert told == problem(server.say(octets))


@pytest.mark.parametrize(
    "chunks", [b"zz\r\n", b"5\r\nabcdeXX", b"-1\r\n\r\n", b"5;\x01\r\nabcde\r\n0\r\n\r\n"]
)
def test_broken_chunks_are_400(server: Running, chunks: bytes) -> None:
    assert 400 == problem(server.say(server.post(b"Transfer-Encoding: chunked") + chunks))[0]


def test_a_head_that_does_not_come_is_408(server: Running) -> None:
    """A slow client must not hold a thread: the server says so and hangs up."""
    assert (408, "request-timeout") == problem(server.say(b"GET / HTTP/1.1\r\nHost:"))


def test_heads_that_do_not_come_hold_no_thread(server: Running) -> None:
    """There are four threads; and whoever sends half a head needs no key."""
    with ExitStack() as opened:
        half = [
            opened.enter_context(socket.create_connection((LOOPBACK, server.port), timeout=20))
            for _ in range(12)
        ]
        for connection in half:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost:")

        answered = server.say(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        assert answered.startswith(b"HTTP/1.1 200 ")
        for connection in half:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)


def test_clients_that_do_not_close_hold_up_nobody(server: Running) -> None:
    """Each is given two seconds to close; one after the other, the last would wait too long."""
    with ExitStack() as opened:
        lingering = []
        for _ in range(12):
            connection = socket.create_connection((LOOPBACK, server.port), timeout=10)
            lingering.append(opened.enter_context(connection))
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        for connection in reversed(lingering):
            heard = connection.makefile("rb").read()
            assert heard.endswith(b'{"live":true}')


def test_refused_bodies_that_do_not_come_hold_no_thread(server: Running) -> None:
    """There are four threads; and a body without a key is refused before it is there."""
    refused = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with ExitStack() as opened:
        for _ in range(60):
            connection = socket.create_connection((LOOPBACK, server.port), timeout=10)
            opened.enter_context(connection).sendall(refused)

        answered = opened.enter_context(socket.create_connection((LOOPBACK, server.port), 10))
        answered.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")

        assert read_answer(answered).startswith(b"HTTP/1.1 200 ")


def test_a_head_may_come_in_pieces_behind_another_request(server: Running) -> None:
    get = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
    with socket.create_connection((LOOPBACK, server.port), timeout=20) as connection:
        connection.sendall(get + b"\r\n" + get[:25])
        heard = read_answer(connection)
        for octet in get[25:] + b"Connection: close\r\n\r\n":
            connection.sendall(bytes([octet]))
        heard += connection.makefile("rb").read()

    assert [b"200", b"200"] == re.findall(rb"HTTP/1\.1 (\d+)", heard)


def test_a_body_that_does_not_come_is_408(server: Running) -> None:
    heard = server.say(server.post(b"Content-Length: 1000") + BODY)

    assert (408, "request-timeout") == problem(heard)


def test_a_body_cut_off_is_not_accepted_though_it_is_whole_by_chance(server: Running) -> None:
    with socket.create_connection((LOOPBACK, server.port), timeout=20) as connection:
        connection.sendall(server.post(b"Content-Length: %d" % (len(BODY) + 9)) + BODY)
        connection.shutdown(socket.SHUT_WR)
        heard = connection.makefile("rb").read()

    assert (400, "bad-request") == problem(heard)


def test_a_body_announced_too_large_is_413_before_it_is_sent(server: Running) -> None:
    heard = server.say(server.post(b"Content-Length: 60000000"))

    assert (413, "request-too-large") == problem(heard)


def test_an_idle_connection_serves_again(server: Running) -> None:
    """The time for a request begins anew with each: the deadline is not the connection's."""
    get = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection((LOOPBACK, server.port), timeout=20) as connection:
        for _ in range(3):
            connection.sendall(get)
            heard = read_answer(connection)
            assert heard.startswith(b"HTTP/1.1 200 ")


def test_a_refused_body_does_not_become_the_next_request(server: Running) -> None:
    """What a refusal left unread is drained: a body may look like a request."""
    smuggled = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
    refused = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(smuggled)
    last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    heard = server.say(refused + smuggled, last)

    assert [b"401", b"200"] == re.findall(rb"HTTP/1\.1 (\d+)", heard)
    assert heard.endswith(b'{"live":true}')


@pytest.mark.parametrize("mounted", [b"/elsewhere", b"/livez"])
def test_no_header_says_where_the_application_is_mounted(server: Running, mounted: bytes) -> None:
    """Gunicorn believes callers from the loopback, and cuts SCRIPT_NAME off the path."""
    get = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSCRIPT_NAME: %s\r\n\r\n"

    assert server.say(get % mounted).startswith(b"HTTP/1.1 200 ")
