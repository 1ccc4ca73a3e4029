"""The leak check finds what is left and lets pass what is only late."""

import socket
import subprocess
import threading
from collections.abc import Iterable
from contextlib import ExitStack

import pytest

from pillarbox.domain.relay import parse_relay_url
from tests import leaks
from tests.leaks import LeakError, nothing_left
from tests.places import places_given_back
from tests.scripted_smtp import ScriptedServer
from tests.unit.workers.smtp.carrying import clear
from workers.budget import Alone, SharedConnections
from workers.smtp.opening import Opener
from workers.smtp.pool import Pool


class GenerousBudgets:
    """Gives to everybody."""

    def acquire(self, relay: str, lease: str, most: int) -> bool:
        return True

    def renew(self, relay: str, leases: Iterable[str]) -> int:
        return 0

    def release(self, relay: str, leases: Iterable[str]) -> None:
        """Take note of nothing."""

    def draw(self, relay: str, rate: float, want: int) -> tuple[int, float]:
        return want, 0.0


def test_an_open_socket_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "PATIENCE", 0.05)
    with pytest.raises(LeakError, match=r"sockets.*socket:\["), nothing_left():
        left = socket.socket()
    left.close()


def test_a_running_thread_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "PATIENCE", 0.05)
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="left-behind")
    with pytest.raises(LeakError, match=r"threads.*left-behind"), nothing_left():
        thread.start()
    end.set()
    thread.join()


def test_a_running_child_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "PATIENCE", 0.05)
    with pytest.raises(LeakError, match=r"processes.*sleep"), nothing_left():
        child = subprocess.Popen(["sleep", "60"])
    child.kill()
    child.wait()


def test_a_server_of_the_whole_run_is_no_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it was first asked for by this test."""
    monkeypatch.setattr(leaks, "PATIENCE", 0.05)
    with nothing_left():
        child = subprocess.Popen(["sleep", "60"])
        monkeypatch.setattr(leaks, "LASTING", [*leaks.LASTING, child])
    child.kill()
    child.wait()


def test_a_place_that_is_not_given_back_is_found() -> None:
    """Though its connection be closed."""
    with ScriptedServer() as server, ExitStack() as late:

        def lend() -> None:
            lease = Pool(Opener(clear(server))).checkout()
            assert lease is not None
            late.callback(lease.release)
            assert lease.connection is not None
            lease.connection.abort()

        with pytest.raises(LeakError, match=r"places of pools.*1 in use"), places_given_back():
            lend()


def test_a_lease_of_the_budget_that_is_not_given_back_is_found() -> None:
    """A connection that is open holds one, whoever has forgotten it."""
    relay = parse_relay_url("smtp://127.0.0.1")
    shared = []
    with ScriptedServer() as server, ExitStack() as late:

        def dial() -> None:
            shared.append(SharedConnections(relay, GenerousBudgets(), Alone("x", lambda: 1)))
            late.callback(shared[0].opening(Opener(clear(server)))().quit)

        with pytest.raises(LeakError, match="places of budgets"), places_given_back():
            dial()
    shared[0].close()


def test_a_thread_that_ends_soon_is_no_leak() -> None:
    end = threading.Event()
    late = threading.Timer(0.1, end.set)
    with nothing_left():
        late.start()
    assert end.is_set()
