"""Wake-ups through a real Redis: they arrive at once, and losing them costs a sweep."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.queue.names import wake_flag
from pillarbox.queue.publish import CeleryWaker
from tests.integration.recording_worker import ROUTE
from tests.servers.folder import ServerFolder
from tests.servers.process import ServerProcess
from tests.servers.redis import RedisServer, _program
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
SWEEP_SECONDS = 0.3

pytestmark = pytest.mark.timeout(120)


class Process:
    """A child of the test with its output in a file; `lines` are those that begin with a word."""

    def __init__(self, log: Path, *words: str, **environment: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self.child = subprocess.Popen(
                [sys.executable, "-m", *words],
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={**os.environ, **environment},
            )

    def lines(self, word: str) -> list[str]:
        """Return what it has said so far."""
        return re.findall(rf"^{word} .*$", self.log.read_text(), re.MULTILINE)

    def count(self, word: str) -> int:
        """Count what it has said so far."""
        return len(self.lines(word))

    def end(self) -> int:
        """End it in good order; its exit status."""
        self.child.terminate()
        return self.child.wait(20)

    def close(self) -> None:
        """End it whatever it does."""
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(20)


@contextmanager
def _worker(url: str, folder: Path, *, seconds: float = 0.0) -> Iterator[Process]:
    words = ("tests.integration.recording_worker", url, str(seconds))
    with closing(Process(folder / "worker.log", *words)) as process:
        wait_until(lambda: process.count("started"), 20)
        yield process


@contextmanager
def _scheduler(url: str, folder: Path) -> Iterator[Process]:
    environment = {
        "PILLARBOX_REDIS_URL": url,
        "PILLARBOX_SWEEP": str(SWEEP_SECONDS),
        "PILLARBOX_LOG_FORMAT": "json",
    }
    with closing(Process(folder / "scheduler.log", "workers.scheduler", **environment)) as process:
        yield process


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """Start from an empty Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.mark.parametrize("lane", Lane)
def test_a_wake_up_reaches_a_worker_whatever_its_lane(
    redis_url: str, tmp_path: Path, lane: Lane
) -> None:
    """Every queue has a consumer, seen at work."""
    with (
        closing(CeleryWaker.at(redis_url, flag_seconds=1)) as waker,
        _worker(redis_url, tmp_path) as worker,
    ):
        waker.wake(Route("default", lane))

        wait_until(lambda: worker.count(f"delivering default:{lane}"))


def test_each_wake_up_arrives_by_itself(redis_url: str, tmp_path: Path) -> None:
    """A lone message leaves at once: no sweep runs here that it could wait for."""
    with (
        closing(CeleryWaker.at(redis_url, flag_seconds=1)) as waker,
        _worker(redis_url, tmp_path) as worker,
    ):
        for turn in range(1, 31):
            waker.wake(ROUTE)
            wait_until(partial(_has_delivered, worker, turn))


def test_the_worker_drops_the_flag_before_it_claims(
    redis_server: RedisServer, redis_url: str, tmp_path: Path
) -> None:
    """While a delivery runs, a further message must be able to wake again."""
    with (
        closing(CeleryWaker.at(redis_url, flag_seconds=60)) as waker,
        _worker(redis_url, tmp_path, seconds=60) as worker,
        redis_server.client() as client,
    ):
        waker.wake(ROUTE)
        wait_until(lambda: worker.count("delivering"))
        flag_while_busy = client.exists(wake_flag(ROUTE))
        waker.wake(ROUTE)
        wait_until(lambda: worker.count("delivering") == 2)

    assert 0 == flag_while_busy


def test_a_redis_that_forgets_everything_costs_a_sweep(
    redis_server: RedisServer, redis_url: str, tmp_path: Path
) -> None:
    """Flags and tasks carry nothing: FLUSHALL under load, and mail goes on being looked for."""
    with (
        closing(CeleryWaker.at(redis_url, flag_seconds=SWEEP_SECONDS)) as waker,
        _worker(redis_url, tmp_path) as worker,
        _scheduler(redis_url, tmp_path),
    ):
        wait_until(lambda: worker.count("swept") >= 2, 60)
        for _ in range(5):
            waker.wake(ROUTE)
            redis_server.flush()
        delivered, swept = worker.count("delivered"), worker.count("swept")
        waker.wake(ROUTE)

        wait_until(lambda: worker.count("delivered") >= delivered + 2)
        wait_until(lambda: worker.count("swept") >= swept + 2)


def test_a_redis_that_dies_and_comes_back_empty_is_found_again(
    redis_server: RedisServer, redis_url: str, tmp_path: Path
) -> None:
    """Worker, scheduler and publisher outlive it, and go on within seconds."""
    with (
        capture_logs() as logs,
        closing(CeleryWaker.at(redis_url, flag_seconds=1)) as waker,
        _worker(redis_url, tmp_path) as worker,
        _scheduler(redis_url, tmp_path) as scheduler,
    ):
        wait_until(lambda: worker.count("swept") >= 2, 60)
        redis_server.kill()
        waker.wake(ROUTE)
        wait_until(lambda: [line for line in logs if line["event"] == "broker_away"])
        wait_until(lambda: "broker_away" in scheduler.log.read_text())
        redis_server.restart()
        delivered, swept = worker.count("delivered"), worker.count("swept")

        wait_until(lambda: worker.count("swept") >= swept + 2, 60)
        waker.wake(ROUTE)
        wait_until(lambda: worker.count("delivered") > delivered)
        assert worker.child.poll() is None
        assert scheduler.child.poll() is None
        assert 0 == scheduler.end()
        assert 0 == worker.end()


def test_a_worker_that_is_told_to_end_ends_what_it_began(redis_url: str, tmp_path: Path) -> None:
    """And a second signal does not make it drop what it holds."""
    with (
        closing(CeleryWaker.at(redis_url, flag_seconds=1)) as waker,
        _worker(redis_url, tmp_path, seconds=1.5) as worker,
    ):
        waker.wake(ROUTE)
        wait_until(lambda: worker.count("delivering"))
        worker.child.send_signal(signal.SIGTERM)
        worker.child.send_signal(signal.SIGINT)
        worker.child.send_signal(signal.SIGTERM)

        assert 0 == worker.child.wait(20)
        assert 1 == worker.count("delivered")
        assert 1 == worker.count("ended True")


def test_a_worker_waits_for_a_redis_that_is_not_there_yet(
    redis_server: RedisServer, redis_url: str, tmp_path: Path
) -> None:
    """Processes start in any order; and one that waits can be ended."""
    redis_server.kill()
    try:
        with _worker(redis_url, tmp_path) as worker:
            wait_until(lambda: "broker_away" in worker.log.read_text())

            assert 0 == worker.end()
    finally:
        redis_server.restart()


def test_a_scheduler_without_workers_does_not_fill_the_broker(
    redis_server: RedisServer, redis_url: str, tmp_path: Path
) -> None:
    """What nobody fetches is not added to."""
    with _scheduler(redis_url, tmp_path) as scheduler, redis_server.client() as client:
        wait_until(lambda: client.llen("pillarbox.sweep"), 20)

        assert 0 == scheduler.end()
        assert client.llen("pillarbox.sweep") <= 2


def test_a_broker_behind_a_unix_socket_serves_both_clients(tmp_path: Path) -> None:
    """`pillarbox up` keeps its own there, where no other user can reach it."""
    folder = ServerFolder("redis")
    socket = folder.path / "redis.sock"
    command = [str(_program()), "--port", "0", "--unixsocket", str(socket), "--save", ""]
    server = ServerProcess(command, log=folder.path / "log", answers=socket.exists)
    url = f"unix://{socket}"
    try:
        with (
            closing(CeleryWaker.at(url, flag_seconds=1)) as waker,
            _worker(url, tmp_path) as worker,
        ):
            waker.ping()
            waker.wake(ROUTE)
            wait_until(lambda: worker.count("delivered"))
            assert 0 == worker.end()
    finally:
        server.stop()
        folder.remove()


def _has_delivered(worker: Process, times: int) -> bool:
    return worker.count("delivered") == times
