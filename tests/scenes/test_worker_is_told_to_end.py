"""SIGTERM to a worker in the middle of a backlog."""

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.database_setting import BOTH, database_setting
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Script, Stall
from tests.waiting import wait_until

MESSAGES = 30
GROUP = 5
LEASE = 600
"""Seconds: whatever waits for a lease to run out fails the test."""
GRACE = 20.0
"""Less than an orchestrator waits (30 s) before it kills."""


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize(
    "signals",
    [[signal.SIGTERM], [signal.SIGTERM, signal.SIGTERM, signal.SIGINT]],
    ids=["once", "again and again"],
)
def test_it_ends_its_group_and_hands_the_rest_to_another_at_once(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    redis_server: RedisServer,
    signals: Sequence[signal.Signals],
    database: str,
) -> None:
    """Nothing is lost, nothing is sent twice, nothing waits for a lease; QUIT is said."""
    stall = Stall(b"250 2.0.0 queued\r\n")
    settings: dict[str, object] = {
        "REDIS_URL": redis_server.database(),
        **database_setting(request, database),
        "LEASE": LEASE,
        "GROUP_MESSAGES": GROUP,
        "RELAY_CONNECTIONS": 1,
    }
    with (
        ScriptedServer(Script(dot=[stall, b"250 2.0.0 queued\r\n"])) as relay,
        Installation(tmp_path, relay_url=relay.url, **settings) as running,
    ):
        running.stop("worker")
        accepted = [running.send(to=f"{number}@example.com") for number in range(MESSAGES)]
        worker = running.start_worker()
        wait_until(lambda: relay.arrived, 20, "the first of a group has come")

        for number in signals:
            running.signal(worker, number)
        wait_until(lambda: running.probe(worker, "/readyz").json()["ending"], 10, "it was told")
        stall.released.set()

        assert 0 == running.wait_for_end(worker, GRACE)
        carried = len(relay.arrived)
        assert carried <= GROUP
        assert "QUIT" == relay.last.verbs[-1]

        running.start_worker()
        wait_until(lambda: Account(running).settled, 30, "another has gone on")
        account = Account(running)
        assert {"sent": MESSAGES} == account.recipients
        assert set() == account.lost(accepted)
        assert [1] * MESSAGES == account.attempts
        assert MESSAGES == len(set(relay.arrived)) == len(relay.arrived)
