"""The slow line delivers every octet, in order, and not before its time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from bench.smtp.slow_line import SlowLine
from tests.ports import LOOPBACK

ROUND_TRIP_MS = 30
GREETING = b"220 hello\r\n"


@pytest.fixture
def line() -> Iterator[SlowLine]:
    """Open a line to a server that greets, and then says again what it is told."""
    with socket.create_server((LOOPBACK, 0)) as server:
        thread = threading.Thread(target=_repeat, args=(server,))
        thread.start()
        with closing(SlowLine(server.getsockname()[1], ROUND_TRIP_MS)) as slow:
            yield slow
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _repeat(server: socket.socket) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            try:
                client.sendall(GREETING)
                while octets := client.recv(65_536):
                    client.sendall(octets)
            except OSError:
                continue


def _read(client: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count and (more := client.recv(65_536)):
        octets += more
    return octets


def test_nothing_comes_before_its_time(line: SlowLine) -> None:
    """A lower bound only: it is the delay that is promised, and no speed."""
    started = time.monotonic()
    with socket.create_connection((LOOPBACK, line.port)) as client:
        assert GREETING == _read(client, len(GREETING))
        greeted = time.monotonic()
        client.sendall(b"x")
        assert b"x" == _read(client, 1)
        answered = time.monotonic()

    assert greeted - started >= 2 * ROUND_TRIP_MS / 1000
    assert answered - greeted >= ROUND_TRIP_MS / 1000


def test_every_octet_comes_in_its_order_and_then_the_end(line: SlowLine) -> None:
    """It does not limit: a megabyte is under way at one time."""
    octets = bytes(range(256)) * 4_096
    with socket.create_connection((LOOPBACK, line.port)) as client:
        assert GREETING == _read(client, len(GREETING))
        writer = threading.Thread(target=client.sendall, args=(octets,))
        writer.start()
        assert octets == _read(client, len(octets))
        writer.join()
        client.shutdown(socket.SHUT_WR)
        assert b"" == client.recv(1)
