"""The broker goes away, and comes back with nothing."""

from pathlib import Path

import pytest

from tests.integration.test_delivery import submission_url
from tests.servers.installation import Installation
from tests.servers.postfix import PostfixServer
from tests.servers.redis import RedisServer


def test_the_api_accepts_while_the_broker_is_away_and_the_sweep_finds_what_waits(
    tmp_path: Path, postfix_relay: PostfixServer
) -> None:
    """The committed row is the outbox: a broker that loses everything costs a sweep."""
    broker = RedisServer()
    try:
        with Installation(
            tmp_path,
            relay_url=submission_url(postfix_relay),
            REDIS_URL=broker.url,
            RELAY_CA_FILE=postfix_relay.ca_file,
        ) as running:
            running.wait_for(running.send(to="before@example.com"))

            broker.kill()
            waiting = [running.send(to=f"away-{number}@example.com") for number in range(5)]
            ready = running.get("/readyz")
            broker.restart()

            for message_id in waiting:
                assert "sent" == running.wait_for(message_id, timeout=60)["status"]
            assert 200 == ready.status_code
            assert "sent" == running.wait_for(running.send(to="after@example.com"))["status"]
    finally:
        broker.close()


@pytest.mark.parametrize("times", [3])
def test_a_broker_that_forgets_everything_under_load_loses_no_message(
    tmp_path: Path, postfix_relay: PostfixServer, redis_server: RedisServer, times: int
) -> None:
    """FLUSHALL takes wake-ups, flags and queues; messages are not there."""
    with Installation(
        tmp_path,
        relay_url=submission_url(postfix_relay),
        REDIS_URL=redis_server.url,
        RELAY_CA_FILE=postfix_relay.ca_file,
    ) as running:
        ids = []
        for number in range(times):
            ids += [running.send(to=f"flush-{number}-{each}@example.com") for each in range(10)]
            redis_server.flush()

        for message_id in ids:
            assert "sent" == running.wait_for(message_id, timeout=60)["status"]
