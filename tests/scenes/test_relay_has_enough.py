"""The relay takes a few messages on each connection, and says so in its own way."""

from pathlib import Path

import pytest

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Close, Script
from tests.waiting import wait_until

MESSAGES = 12
OK = b"250 2.1.0 ok\r\n"


@pytest.mark.parametrize(
    "script",
    [
        Script(rcpt=[OK, OK, OK, b"452 4.3.1 too many messages\r\n"]),
        Script(dot=[OK, OK, Close(b"250 2.0.0 queued\r\n421 4.7.0 too many messages\r\n")]),
    ],
    ids=["452-at-rcpt", "421-behind-the-verdict"],
)
def test_no_message_is_lost_doubled_or_charged_for_it(
    tmp_path: Path, redis_server: RedisServer, script: Script
) -> None:
    """A fresh connection carries on; nothing had been taken of what the old one refused."""
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
