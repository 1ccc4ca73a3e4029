"""The leak check finds what is left and lets pass what is only late."""

import socket
import threading

import pytest

from tests import leaks
from tests.leaks import LeakError, nothing_left


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


def test_a_thread_that_ends_soon_is_no_leak() -> None:
    end = threading.Event()
    late = threading.Timer(0.1, end.set)
    with nothing_left():
        late.start()
    assert end.is_set()
