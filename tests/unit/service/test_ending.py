"""A server that is told to end hears who is speaking, and waits for nobody who is not."""

import os
import signal
import socket
from pathlib import Path

import psutil
from gunicorn.config import Config
from gunicorn.sock import TCPSocket
from gunicorn.workers.gthread import TConn

from service.patient_worker import PatientWorker
from tests.ports import LOOPBACK, answers
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


class _Told(PatientWorker):
    """A worker that is told to end, and keeps whom it takes."""

    def __init__(self, listener: TCPSocket) -> None:
        self.alive = False
        self.sockets = [listener]
        self.cfg = Config()
        self.nr_conns = 0
        self.taken: list[TConn] = []
        self._accepting = False
        self._has_let_go = False

    def enqueue_req(self, conn: TConn) -> None:
        self.taken.append(conn)


def test_who_has_come_is_taken_and_who_comes_later_is_refused() -> None:
    """The kernel took them for as long as the end took, and then reset them."""
    listener = TCPSocket((LOOPBACK, 0), Config(), None)
    port = listener.getsockname()[1]
    worker = _Told(listener)
    with socket.create_connection((LOOPBACK, port)), socket.create_connection((LOOPBACK, port)):
        worker.set_accept_enabled(False)
        worker.set_accept_enabled(False)  # and again changes nothing

        assert 2 == len(worker.taken)
        assert not answers(port)
        for conn in worker.taken:
            conn.close()


def test_who_waits_to_be_taken_is_answered(tmp_path: Path) -> None:
    """The kernel has taken the connection already; to let go of the port would reset it."""
    with running(tmp_path) as server:
        processes = psutil.Process(server.process.pid).children()
        for each in processes:
            os.kill(each.pid, signal.SIGSTOP)
        with _opened(server) as connection:
            connection.sendall(GET)
            for each in processes:
                os.kill(each.pid, signal.SIGTERM)
                os.kill(each.pid, signal.SIGCONT)

            assert read_answer(connection).startswith(b"HTTP/1.1 200 ")
