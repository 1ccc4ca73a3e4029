"""A server that is told to end hears who is speaking, and waits for nobody who is not."""

import socket
from pathlib import Path

from tests.ports import LOOPBACK
from tests.unit.service.running import Running, problem, read_answer, running
from tests.waiting import wait_until

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


def _opened(server: Running) -> socket.socket:
    return socket.create_connection((LOOPBACK, server.port), timeout=20)


def _end(server: Running, kept: socket.socket) -> None:
    """Tell it to end, and wait until it knows: then an answer is its connection's last."""

    def ends() -> bool:
        kept.sendall(GET)
        return b"connection: close" in read_answer(kept).lower()

    assert not ends()  # so that connections of before are accepted
    server.process.terminate()
    wait_until(ends)


def test_a_head_that_comes_in_pieces_is_heard_to_its_end(tmp_path: Path) -> None:
    """Its connection was closed with the next piece, and no word."""
    with running(tmp_path) as server, _opened(server) as halting, _opened(server) as kept:
        halting.sendall(GET[:8])
        _end(server, kept)

        halting.sendall(GET[8:-2])
        heard = b"".join(iter(lambda: halting.recv(65536), b""))

    assert (408, "request-timeout") == problem(heard)


def test_who_has_said_nothing_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """It did for the thirty seconds that requests have."""
    with running(tmp_path) as server, _opened(server) as silent, _opened(server) as kept:
        _end(server, kept)

        assert b"" == silent.recv(1)
