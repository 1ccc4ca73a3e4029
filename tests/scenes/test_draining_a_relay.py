"""A relay drained as docs/operations/relay.md says, in the middle of mail."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.accounting import Account
from tests.operations_page import Operator, blocks
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import KEY, Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Script, Stall
from tests.waiting import wait_until

PAGE = "relay.md"


@contextmanager
def _typing(operator: Operator, command: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", command],
        env=operator.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_nothing_is_under_way_when_the_waiting_ends(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """The message that was being sent ends well, the next one waits for the resuming."""
    [pause] = blocks(PAGE, "Pause it")
    [wait] = blocks(PAGE, "Wait until nothing is under way")
    [resume] = blocks(PAGE, "Resume it")
    stall = Stall(b"250 2.0.0 queued\r\n")
    with (
        ScriptedServer(Script(dot=[stall, b"250 2.0.0 queued\r\n"])) as relay,
        Installation(tmp_path, relay_url=relay.url, REDIS_URL=redis_server.database()) as running,
    ):
        operator = Operator(
            tmp_path,
            {"PILLARBOX_URL": running.url, "PILLARBOX_API_KEY": KEY, "RELAY": "default"},
        )
        under_way = running.send()
        wait_until(lambda: relay.arrived, 30, "it is under way")

        operator.type(pause)
        later = running.send()
        with _typing(operator, wait) as waiting:
            wait_until(lambda: _in_use(running) == 1, 30, "the worker says so")
            assert waiting.poll() is None
            stall.released.set()
            assert 0 == waiting.wait(60), waiting.communicate()[0]

        assert "sent" == running.message(under_way)["status"]
        assert "queued" == running.message(later)["status"]
        assert "paused, and its mail waits" in _doctor(running, operator)
        assert 1 == len(relay.arrived)
        wait_until(lambda: all(each.ended.is_set() for each in relay.served), 10, "it is let go")

        operator.type(resume)
        running.wait_for(later, "sent")
        assert {"sent": 2} == Account(running).recipients
        assert 2 == len(set(relay.arrived)) == len(relay.arrived)


def _doctor(running: Installation, operator: Operator) -> str:
    settings = Operator(operator.folder, running.environment)
    return settings.type("pillarbox doctor backlog")


def _in_use(running: Installation) -> int:
    [found] = running.get("/v1/relays").json()["data"]
    return int(found["connections"]["in_use"])
