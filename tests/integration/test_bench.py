"""The bench runs as it stands, counts right, and ends what it has started."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bench.plan import SMOKE
from bench.scenarios import SYSTEMS
from tests.servers.installation import ROOT, clean_environment
from tests.servers.postgres import PostgresServer
from tests.servers.presence import require
from tests.servers.process import command_line, descendants, is_alive
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

SECONDS = 240
"""For a run that takes forty on a machine that does nothing else."""

pytestmark = pytest.mark.timeout(SECONDS + 60)


@pytest.fixture(autouse=True)
def _servers(postgres_server: PostgresServer, redis_server: RedisServer) -> None:
    """Skip, or fail in CI, where a server that the bench needs is missing."""
    assert postgres_server.port != redis_server.port
    require("smtp-sink (Postfix)", "smtp-sink")


@contextmanager
def _bench(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.mark.slow
def test_a_smoke_run_counts_every_message_in_every_row(tmp_path: Path) -> None:
    """Nothing is said of times here: other things run on this machine."""
    file = tmp_path / "result.json"

    with _bench("--smoke", "--json", str(file)) as process:
        said, _ = process.communicate(timeout=SECONDS)

    assert 0 == process.returncode, said
    result = json.loads(file.read_text(encoding="utf-8"))
    counted = {
        scenario: sum(row["messages"] for row in result["rows"][scenario]) for scenario in SYSTEMS
    }
    assert dict.fromkeys(SYSTEMS, SMOKE.rounds * SMOKE.messages) == counted
    assert [1.0] == result["ratios"]["baseline"]
    assert SMOKE.lone == len(result["latency"]["lone"])
    assert all(system.name in said for system in SYSTEMS.values()), said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_running(number: signal.Signals) -> None:
    with _bench("--only", "baseline", "--messages", "100000") as process:
        started = wait_until(lambda: _under_load(process.pid), 120, "the load has begun")
        process.send_signal(number)
        said, _ = process.communicate(timeout=120)

    assert process.returncode != 0, said
    wait_until(lambda: not any(map(is_alive, started)), 10, "everything has ended")


def _under_load(pid: int) -> list[psutil.Process]:
    """Return everything below the bench once the load is among it, else nothing."""
    found = descendants(pid)
    return found if any("bench.load" in command_line(process) for process in found) else []
