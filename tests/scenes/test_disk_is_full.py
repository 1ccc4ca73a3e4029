"""The disk under SQLite is full, and then it is not."""

import resource
from pathlib import Path

import psutil

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until


def test_what_cannot_be_committed_is_answered_503_and_leaves_nothing(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """A 202 is a commit; without room there is none, and the API goes on when there is."""
    with (
        ScriptedServer() as relay,
        Installation(tmp_path, relay_url=relay.url, REDIS_URL=redis_server.database()) as running,
    ):
        accepted = [running.send()]
        _let_files_grow(running.pid("api"), 4096)
        refused = running.post(
            {"from": "a@acme.test", "to": "b@example.com", "text": "x" * 100_000}
        )
        _let_files_grow(running.pid("api"), resource.RLIM_INFINITY)
        accepted.append(running.send())
        wait_until(lambda: Account(running).settled, 20, "everything is settled")

        account = Account(running)
        assert 503 == refused.status_code
        assert "2" == refused.headers["Retry-After"]
        assert set(accepted) == {message["id"] for message in account.messages}
        assert {"sent": 2} == account.recipients
        assert {} == account.unexplained(relay.arrived)


def _let_files_grow(pid: int, octets: int) -> None:
    """Set how large a file a process and its children may write; beyond it the disk is full."""
    parent = psutil.Process(pid)
    for process in [parent, *parent.children(recursive=True)]:
        process.rlimit(psutil.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))
