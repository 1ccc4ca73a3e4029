"""A worker stands still for longer than its lease, and comes back."""

import signal
from pathlib import Path

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.smtp_script import Script, Stall
from tests.waiting import wait_until

MESSAGES = 5


def test_a_worker_that_comes_back_ends_no_data_and_settles_nothing(
    tmp_path: Path, redis_server: RedisServer, postgres_server: PostgresServer
) -> None:
    """Its lease ran out: what it had begun is uncertain, the rest of its group is another's.

    On PostgreSQL: of SQLite it could be stopped as the one writer that there is.
    """
    stall = Stall(b"250 2.0.0 queued\r\n")
    settings = {
        "LEASE": 1,
        "RETRY_BASE": 0.5,
        "REDIS_URL": redis_server.database(),
        "DATABASE_URL": postgres_server.database(),
    }
    with (
        ScriptedServer(Script(dot=[stall]), Script()) as relay,
        Installation(tmp_path, relay_url=relay.url, **settings) as running,
    ):
        running.stop("worker")
        accepted = [running.send(to=f"{number}@example.com") for number in range(MESSAGES)]
        stopped = running.start_worker()
        wait_until(lambda: relay.arrived, 20, "the first of the group has come")

        running.signal(stopped, signal.SIGSTOP)
        running.start_worker()
        wait_until(lambda: Account(running).settled, 30, "everything is settled")
        stall.released.set()
        running.signal(stopped, signal.SIGCONT)
        wait_until(lambda: "lease_lost" in running.log(stopped), 10, "it notices")

        account = Account(running)
        assert {"sent": MESSAGES} == account.recipients
        assert set() == account.lost(accepted)
        assert {} == account.unexplained(relay.arrived)
        assert 1 == len(relay.served[0].messages)
        assert 1 + MESSAGES == len(relay.arrived)
