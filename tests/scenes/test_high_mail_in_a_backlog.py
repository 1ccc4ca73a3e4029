"""High mail comes while a backlog of low mail has every connection."""

from pathlib import Path

import pytest

from tests.scripted_smtp import ScriptedServer
from tests.servers.database_setting import BOTH, database_setting
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Script, Stall
from tests.waiting import wait_until

BACKLOG = 60
GROUP = 5


@pytest.mark.parametrize("database", BOTH)
def test_it_goes_between_two_groups_of_the_backlog(
    tmp_path: Path, request: pytest.FixtureRequest, redis_server: RedisServer, database: str
) -> None:
    """One connection, and all of the backlog in one claim: high mail waits for a group or two."""
    stall = Stall(b"250 2.0.0 queued\r\n")
    settings: dict[str, object] = {
        "REDIS_URL": redis_server.database(),
        **database_setting(request, database),
        "GROUP_MESSAGES": GROUP,
        "RELAY_CONNECTIONS": 1,
        "SWEEP": 0.2,
    }
    with (
        ScriptedServer(Script(dot=[stall, b"250 2.0.0 queued\r\n"])) as relay,
        Installation(tmp_path, relay_url=relay.url, **settings) as running,
    ):
        running.stop("worker")
        low = [running.send(priority="low", to=f"{n}@example.com") for n in range(BACKLOG)]
        running.start_worker()
        wait_until(lambda: relay.arrived, 20, "the backlog is under way")

        high = running.send(priority="high")
        with redis_server.client() as broker:
            broker.select(int(str(settings["REDIS_URL"]).rpartition("/")[2]))
            wait_until(
                lambda: not broker.llen("pillarbox.deliver.high"), 10, "its wake-up is heard"
            )
        stall.released.set()

        came = running.wait_for(high, "sent")["internet_message_id"]
        assert relay.arrived.index(came) <= 3 * GROUP
        for message_id in low:
            running.wait_for(message_id, "sent")
        assert 1 + BACKLOG == len(relay.arrived)
