"""What is old is forgotten by itself: first what a message was made from, then the message."""

from pathlib import Path

from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until


def test_a_message_outlives_its_content_and_then_goes_too(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """410 for what was there, so that nobody looks for another message; 404 in the end."""
    with (
        ScriptedServer() as relay,
        Installation(
            tmp_path,
            relay_url=relay.url,
            REDIS_URL=redis_server.database(),
            SWEEP=0.2,
            CONTENT_RETENTION=0.5,
            MESSAGE_RETENTION=0,
        ) as running,
    ):
        message_id = running.send()
        running.wait_for(message_id, "sent")
        source = f"/v1/messages/{message_id}/source"
        wait_until(lambda: running.get(source).status_code != 200, 20, "the content is purged")

        gone = running.get(source)
        assert 410 == gone.status_code
        assert "content-purged" in gone.json()["type"]
        assert "sent" == running.message(message_id)["status"]

        running.stop("worker")
        running.environment["PILLARBOX_MESSAGE_RETENTION"] = "0.5"
        running.start_worker()
        path = f"/v1/messages/{message_id}"
        wait_until(lambda: running.get(path).status_code == 404, 20, "the message is purged")
