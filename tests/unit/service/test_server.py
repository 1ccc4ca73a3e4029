"""The web server itself: what it refuses before the application is asked is a problem too."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.fakes.services import PUBLIC_URL
from tests.ports import LOOPBACK, answers, free_port
from tests.waiting import wait_until

BODY = b'{"from":"a@acme.test","to":"b@c.test","text":"x"}'


@dataclass
class Running:
    """A server that listens, and the key that it takes."""

    port: int
    key: str
    process: subprocess.Popen[str]

    def say(self, *pieces: bytes) -> bytes:
        """Open a connection, send these octets, and read until the server closes it."""
        with socket.create_connection((LOOPBACK, self.port), timeout=20) as connection:
            for piece in pieces:
                connection.sendall(piece)
            heard = b""
            while octets := connection.recv(65536):
                heard += octets
            return heard

    def post(self, *header: bytes) -> bytes:
        """Write the head of a POST that closes its connection."""
        lines = [
            b"POST /v1/messages HTTP/1.1",
            b"Host: x",
            b"Authorization: Bearer " + self.key.encode(),
            b"Content-Type: application/json",
            b"Connection: close",
            *header,
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    port = free_port()
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.server", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "HOME": str(home), "TMPDIR": str(home)},
    )
    try:
        assert process.stdout is not None
        key = process.stdout.readline().strip()
        wait_until(lambda: answers(port))
        yield Running(port, key, process)
        process.terminate()
        assert 0 == process.wait(20)
        assert [] == left_behind(home)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def left_behind(folder: Path) -> list[Path]:
    """Return the files that an ended server should not have left."""
    return [path for path in folder.rglob("*") if path.is_file()]


def read_answer(connection: socket.socket) -> bytes:
    """Read one answer of `/livez` from a connection that stays open."""
    heard = b""
    while not heard.endswith(b'{"live":true}'):
        octets = connection.recv(65536)
        assert octets, heard
        heard += octets
    return heard


def problem(heard: bytes) -> tuple[int, str]:
    """Return status and slug of the one answer that was heard, having checked its form."""
    head, _, body = heard.partition(b"\r\n\r\n")
    text = head.decode()
    assert 1 == heard.count(b"HTTP/1.1 ")
    assert re.search(r"(?im)^content-type: application/problem\+json\r?$", text)
    document = orjson.loads(body)
    [request_id] = re.findall(r"(?im)^x-request-id: (\S+)\r?$", text)
    assert request_id == document["request_id"]
    status = int(text.split(" ")[1])
    assert status == document["status"]
    assert document["type"].startswith(f"{PUBLIC_URL}/problems/")
    return status, document["type"].rpartition("/")[2]


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
