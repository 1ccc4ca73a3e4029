"""kill -9 of a worker with mail under way."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.test_delivery import submission_url
from tests.servers.database_setting import BOTH, database_setting
from tests.servers.installation import Installation
from tests.servers.postfix import PostfixServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

MESSAGES = 300


@pytest.mark.parametrize("database", BOTH)
def test_every_accepted_message_ends_and_only_an_uncertain_one_may_arrive_twice(
    tmp_path: Path,
    request: pytest.FixtureRequest,
    postfix_relay: PostfixServer,
    redis_server: RedisServer,
    database: str,
) -> None:
    """Nothing accepted is lost, by itself, within lease and sweep; duplicates were uncertain."""
    settings: dict[str, object] = {
        "REDIS_URL": redis_server.database(),
        **database_setting(request, database),
        "RELAY_CA_FILE": postfix_relay.ca_file,
        "LEASE": 3,
        "RETRY_BASE": 1,
    }
    with Installation(tmp_path, relay_url=submission_url(postfix_relay), **settings) as running:
        with ThreadPoolExecutor(8) as pool:
            ids = list(
                pool.map(
                    lambda number: running.send(to=f"{database}-{number}@killed.example"),
                    range(MESSAGES),
                )
            )
            wait_until(lambda: _sent(running) >= 20, 30, "mail under way")
            running.kill("worker")
            running.start_worker()

            messages = list(pool.map(lambda each: running.wait_for(each, timeout=60), ids))

        assert Counter(sent=MESSAGES) == Counter(message["status"] for message in messages)
        arrived = Counter(
            str(mail.message["Message-ID"])
            for mail in postfix_relay.mails()
            if mail.recipients[0].startswith(f"{database}-")
        )
        expected = {message["internet_message_id"]: message for message in messages}
        assert set(expected) == set(arrived)
        for internet_id, count in arrived.items():
            attempts = running.get(f"/v1/messages/{expected[internet_id]['id']}/attempts").json()
            uncertain = sum(each["outcome"] == "uncertain" for each in attempts["data"])
            assert count <= 1 + uncertain


def _sent(running: Installation) -> int:
    answer = running.get("/v1/messages?status=sent&limit=100").json()
    return len(answer["data"])
