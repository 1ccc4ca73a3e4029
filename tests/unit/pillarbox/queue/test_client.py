"""A Redis that hangs takes connections and bytes, and answers nothing."""

import socket
from contextlib import closing

import pytest
import redis

from pillarbox.queue import client as client_module
from pillarbox.queue.client import make_client
from tests.ports import LOOPBACK

CALLERS = 8


def test_one_caller_waits_for_it_and_not_each_in_turn() -> None:
    """A worker's round over ten relays must not take ten times a command's patience."""
    with socket.create_server((LOOPBACK, 0), backlog=2 * CALLERS) as deaf:
        with closing(make_client(f"redis://{LOOPBACK}:{deaf.getsockname()[1]}")) as client:
            for _ in range(CALLERS):
                with pytest.raises(redis.TimeoutError):
                    client.ping()

        assert _connections(deaf) < CALLERS / 2


def test_it_is_asked_again_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been stopped for a second only."""
    monkeypatch.setattr(client_module, "SILENT_SECONDS", 0.0)
    with socket.create_server((LOOPBACK, 0)) as deaf:
        with closing(make_client(f"redis://{LOOPBACK}:{deaf.getsockname()[1]}")) as client:
            for _ in range(2):
                with pytest.raises(redis.TimeoutError):
                    client.ping()

        assert 2 == _connections(deaf)


def _connections(listener: socket.socket) -> int:
    """Count, and close, the connections that nobody has taken."""
    listener.setblocking(False)
    found = 0
    while True:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return found
        connection.close()
        found += 1
