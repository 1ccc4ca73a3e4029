"""Two schedulers at once, and none for a while."""

from pathlib import Path

import pytest

from tests.accounting import Account
from tests.scripted_smtp import ScriptedServer
from tests.servers.database_setting import BOTH, database_setting
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Script
from tests.waiting import wait_until

MESSAGES = 40
LATER = b"450 4.2.0 try again\r\n"
TAKEN = b"250 2.1.5 recipient ok\r\n"


@pytest.fixture(params=BOTH)
def settings(request: pytest.FixtureRequest, redis_server: RedisServer) -> dict[str, object]:
    """Set up an installation on either database, whose retries come soon."""
    return {
        "REDIS_URL": redis_server.database(),
        **database_setting(request, request.param),
        "SWEEP": 0.1,
        "RETRY_BASE": 0.2,
    }


def test_two_of_them_send_nothing_twice(tmp_path: Path, settings: dict[str, object]) -> None:
    """Sweeping twice is harmless: a claim goes to one."""
    with (
        ScriptedServer(Script(rcpt=[LATER, TAKEN])) as relay,
        Installation(tmp_path, relay_url=relay.url, **settings) as running,
    ):
        running.start_scheduler("scheduler-2")
        accepted = [running.send(to=f"{number}@example.com") for number in range(MESSAGES)]
        wait_until(lambda: Account(running).settled, 30, "everything is settled")

        account = Account(running)
        assert {"sent": MESSAGES} == account.recipients
        assert set() == account.lost(accepted)
        assert MESSAGES == len(set(_mails(relay))) == len(_mails(relay))


def test_without_one_new_mail_flows_and_what_must_wait_waits(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    """Wake-ups carry new mail; what waits for a sweep goes when a scheduler is back.

    Only the first connection refuses: a second one may be opened beside it.
    """
    with (
        ScriptedServer(Script(rcpt=[LATER, TAKEN]), Script()) as relay,
        Installation(tmp_path, relay_url=relay.url, **settings) as running,
    ):
        running.stop("scheduler")
        deferred = running.send(to="later@example.com")
        running.wait_for(deferred, "deferred")
        for number in range(5):
            assert "sent" == running.wait_for(running.send(to=f"{number}@example.com"))["status"]

        running.start_scheduler()

        assert "sent" == running.wait_for(deferred, "sent")["status"]
        assert 6 == len(set(_mails(relay))) == len(_mails(relay))


def _mails(relay: ScriptedServer) -> list[str]:
    """Return what came, without the lone dots that end transactions whose recipient was refused."""
    return [each for each in relay.arrived if each != "None"]
