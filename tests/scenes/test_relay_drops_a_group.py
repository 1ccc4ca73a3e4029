"""The connection breaks while many messages are under way on it, in one group of BDAT."""

from pathlib import Path

from tests.scenes.relay_house import SETTINGS, House, Stage
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer

MESSAGES = 40
BREAKS = {10: "scene-drop-rcpt+once", 25: "scene-drop-end-kept+once"}


def test_all_are_sent_and_only_what_was_uncertain_may_be_there_twice(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """What came before the break counts, what came behind it is told apart (RFC 3030)."""
    stage = Stage(tmp_path / "stage", has_chunking=True)
    settings: dict[str, object] = {
        **SETTINGS,
        "REDIS_URL": redis_server.database(),
        "RELAY_CA_FILE": stage.ca_file,
        "RELAY_CONNECTIONS": 1,
    }
    with (
        stage.relay,
        Installation(tmp_path, relay_url=stage.url, **settings) as running,
    ):
        house = House(running, stage)
        first = house.send("scene-slow+2s")  # holds the only connection, so that the rest gathers
        house.wait_for(first, "sending")
        ids = [house.send(BREAKS.get(number, "ada")) for number in range(MESSAGES)]

        for message in [house.wait_for(message_id, "sent") for message_id in ids]:
            house.balance(message)
