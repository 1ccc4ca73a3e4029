"""PostgreSQL crashes and comes back, while messages are accepted and sent."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import requests

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

AWAY = 30
"""Calls that meet a database that is away."""


def test_calls_are_answered_503_and_nothing_is_lost_half_accepted_or_stuck(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """503 is "not known to be accepted": at most such a call may be there all the same."""
    with (
        closing(PostgresServer(durable=True)) as postgres,
        ScriptedServer() as relay,
        Installation(
            tmp_path,
            relay_url=relay.url,
            REDIS_URL=redis_server.database(),
            DATABASE_URL=postgres.database(),
            LEASE=2,
            RETRY_BASE=0.5,
        ) as running,
        ThreadPoolExecutor(4) as pool,
    ):
        before = list(pool.map(lambda _: _post(running), range(100)))
        postgres.kill()
        away = list(pool.map(lambda _: _post(running), range(AWAY)))
        postgres.restart()
        wait_until(lambda: _post(running).status_code == 202, 20, "accepted again")
        wait_until(lambda: Account(running).settled, 40, "everything is settled")

        account = Account(running)
        answers = [*before, *away]
        accepted = [each.json()["id"] for each in answers if each.status_code == 202]
        assert Counter({503: AWAY}) == Counter(each.status_code for each in away)
        assert all(each.headers["Retry-After"] for each in away)
        assert set() == account.lost(accepted)
        assert len(account.messages) <= len(answers) + 1
        assert {"sent": len(account.messages)} == account.recipients
        assert {} == account.unexplained(relay.arrived)


def _post(running: Installation) -> requests.Response:
    return running.post(
        {"from": "a@acme.test", "to": "b@example.com", "subject": "Hello", "text": "x"}
    )
