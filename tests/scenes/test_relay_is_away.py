"""The relay takes no connection, and then it does."""

from pathlib import Path

from tests.accounting import UNDER_WAY, Account
from tests.ports import LOOPBACK, free_port
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

MESSAGES = 20
SECONDS_AFTER = 10.0
"""In which the mail is gone once the relay is back: its longest pause by then, and a sweep."""


def test_messages_wait_unharmed_and_leave_soon_after_the_relay_is_back(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """What the relay refuses us is no attempt of any message."""
    port = free_port()
    url = f"smtp://{LOOPBACK}:{port}"
    with Installation(tmp_path, relay_url=url, REDIS_URL=redis_server.database()) as running:
        accepted = [running.send(to=f"{number}@example.com") for number in range(MESSAGES)]
        wait_until(lambda: "relay_resting" in running.log("worker"), 20, "the relay rests")
        away = Account(running)

        with ScriptedServer(port=port) as relay:
            wait_until(lambda: Account(running).settled, SECONDS_AFTER, "everything is sent")

            account = Account(running)
            assert ({UNDER_WAY: MESSAGES}, [0] * MESSAGES) == (away.recipients, away.attempts)
            assert ({"sent": MESSAGES}, [1] * MESSAGES) == (account.recipients, account.attempts)
            assert set() == account.lost(accepted)
            assert {} == account.unexplained(relay.arrived)
            running.stop("worker")
