"""The relay takes a few messages on each connection, and says so as late as it can."""

from pathlib import Path

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Script
from tests.waiting import wait_until

MESSAGES = 12
OK = b"250 2.1.0 ok\r\n"


def test_no_message_is_lost_doubled_or_charged_for_it(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """A fresh connection carries on; nothing had been taken of what the old one refused."""
    script = Script(rcpt=[OK, OK, OK, b"452 4.3.1 too many messages\r\n"])
    with (
        ScriptedServer(script) as relay,
        Installation(tmp_path, relay_url=relay.url, REDIS_URL=redis_server.database()) as running,
    ):
        accepted = [running.send(to=f"{number}@example.com") for number in range(MESSAGES)]
        wait_until(lambda: Account(running).settled, 20, "everything is sent")

        account = Account(running)
        assert ({"sent": MESSAGES}, [1] * MESSAGES) == (account.recipients, account.attempts)
        assert set() == account.lost(accepted)
        assert {} == account.unexplained(relay.arrived)
