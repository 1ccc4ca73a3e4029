"""The relay takes the connection, and then says nothing more."""

import signal
from pathlib import Path

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Script, Silence
from tests.waiting import wait_until

GRACE = 30.0
"""What Kubernetes waits before it kills, if nobody says otherwise."""


def test_a_relay_that_hangs_neither_holds_up_the_workers_end_nor_costs_an_attempt(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """Nothing was said of the message: it goes on, as it was, with the next worker."""
    with (
        ScriptedServer(Script(ehlo=["SIZE 0"], mail=[Silence()])) as relay,
        Installation(tmp_path, relay_url=relay.url, REDIS_URL=redis_server.database()) as running,
    ):
        accepted = [running.send(to=f"{number}@example.com") for number in range(5)]
        wait_until(lambda: any("MAIL" in each.verbs for each in relay.served), 60, "it hangs")

        running.signal("worker", signal.SIGTERM)
        status = running.wait_for_end("worker", GRACE)
        relay.play(Script())
        running.start_worker()
        wait_until(lambda: Account(running).settled, 60, "everything is settled")

        account = Account(running)
        assert 0 == status
        assert {"sent": 5} == account.recipients
        assert [1] * 5 == account.attempts
        assert set() == account.lost(accepted)
        assert {} == account.unexplained(relay.arrived)
