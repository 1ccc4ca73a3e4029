"""The relay takes the connection, and then neither greets nor shakes hands."""

import signal
from pathlib import Path

import pytest

from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.smtp_script import Deaf, Script
from tests.waiting import wait_until

GRACE = 15.0
"""Half of what Kubernetes waits before it kills; a session's opening may take minutes."""


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_relay_that_hangs_in_the_opening_does_not_hold_up_the_workers_end(
    scheme: str, tmp_path: Path, redis_server: RedisServer
) -> None:
    """Of no message was anything said: it waits, untried, for the next worker."""
    with (
        ScriptedServer(Script(greeting=[Deaf()])) as relay,
        Installation(
            tmp_path,
            relay_url=f"{scheme}://{relay.host}:{relay.port}",
            REDIS_URL=redis_server.database(),
        ) as running,
    ):
        message_id = running.send(to="ada@example.com")
        wait_until(lambda: relay.served, 20, "the worker connects")

        running.signal("worker", signal.SIGTERM)

        assert 0 == running.wait_for_end("worker", GRACE)
        recipient = running.get(f"/v1/messages/{message_id}").json()["recipients"][0]
        assert ("queued", 0) == (recipient["status"], recipient["attempts"])
