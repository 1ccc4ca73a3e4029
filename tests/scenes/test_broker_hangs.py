"""The broker is killed, or hangs without a word; mail goes on."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until


def _kill(broker: RedisServer) -> None:
    broker.kill()


def _freeze(broker: RedisServer) -> None:
    os.kill(broker.pid, signal.SIGSTOP)


def _thaw(broker: RedisServer) -> None:
    os.kill(broker.pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("harm", "mend"),
    [(_kill, RedisServer.restart), (_freeze, _thaw)],
    ids=["killed", "frozen"],
)
def test_mail_goes_on_and_a_worker_ends_when_it_is_told_to(
    tmp_path: Path, harm: Callable[[RedisServer], None], mend: Callable[[RedisServer], None]
) -> None:
    """No message depends on it: workers look into the store themselves, and say that they do.

    They live: to start them again would not bring the broker back.
    """
    broker = RedisServer()
    try:
        with (
            ScriptedServer() as relay,
            Installation(tmp_path, relay_url=relay.url, REDIS_URL=broker.url) as running,
        ):
            running.wait_for(running.send(), "sent")

            harm(broker)
            try:
                for _ in range(3):
                    assert "sent" == running.wait_for(running.send())["status"]
                ready = running.probe("worker", "/readyz")
                assert (503, True) == (ready.status_code, ready.json()["alone"])
                assert 200 == running.probe("worker", "/livez").status_code
                assert 200 == running.get("/readyz").status_code
                running.signal("worker", signal.SIGTERM)
                assert 0 == running.wait_for_end("worker", 60)
                running.start_worker("worker")
                assert "sent" == running.wait_for(running.send())["status"]
            finally:
                mend(broker)

            wait_until(
                lambda: not running.probe("worker", "/readyz").json()["alone"], 60, "it is heard"
            )
            assert "sent" == running.wait_for(running.send())["status"]
    finally:
        broker.close()
