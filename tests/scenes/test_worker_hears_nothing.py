"""A worker whose consumer has died: connected to the broker, which is well, and hearing nothing."""

import sys
from pathlib import Path

from tests.ports import answers, free_port
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.process import ServerProcess
from tests.servers.redis import RedisServer
from tests.smtp_script import Script


def test_it_finds_its_mail_by_itself(tmp_path: Path, redis_server: RedisServer) -> None:
    """ADR 20: what waited when it came, and what is accepted then; the scheduler reaches nobody."""
    port = free_port()
    with (
        ScriptedServer(Script()) as relay,
        Installation(tmp_path, relay_url=relay.url, REDIS_URL=redis_server.database()) as running,
    ):
        running.stop("worker")
        waiting = running.send()
        deaf = ServerProcess(
            [sys.executable, "-m", "tests.servers.deaf_worker"],
            log=tmp_path / "deaf.log",
            answers=lambda: answers(port),
            environment=running.environment | {"PILLARBOX_HEALTH_PORT": str(port)},
        )
        try:
            running.wait_for(waiting, "sent", timeout=60)
            running.wait_for(running.send(), "sent", timeout=60)
        finally:
            deaf.stop()

        assert "looking_for_mail_alone" in running.log("deaf")
        assert "broker_away" not in running.log("deaf")
