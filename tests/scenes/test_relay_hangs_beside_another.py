"""One of two relays hangs; the other has nothing to do with it."""

from pathlib import Path

from tests.scenes.relay_house import CONNECTIONS, SETTINGS, Stage
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer

HANGS = "scene-hang-rcpt+20s"

RELAYS = """\
[[relay]]
name = "hanging"
url = "{hanging.url}"
ca_file = "{hanging.ca_file}"
max_connections = {connections}

[[relay]]
name = "good"
url = "{good.url}"
ca_file = "{good.ca_file}"
max_connections = {connections}

[[route]]
relays = ["hanging"]
recipient = "hanging.example"

[[route]]
relays = ["good"]
"""


def test_its_messages_are_sent_while_every_place_of_the_other_hangs(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """More messages for the hanging relay than a worker has threads; the other's do not wait."""
    hanging, good = Stage(tmp_path / "hanging"), Stage(tmp_path / "good")
    file = tmp_path / "relays.toml"
    with hanging.relay, good.relay:
        text = RELAYS.format(hanging=hanging, good=good, connections=CONNECTIONS)
        file.write_text(text, encoding="utf-8")
        settings: dict[str, object] = {**SETTINGS, "REDIS_URL": redis_server.database()}
        with Installation(tmp_path, relay_url=None, RELAYS_FILE=file, **settings) as running:
            stuck = [running.send(to=f"{HANGS}+{number}@hanging.example") for number in range(20)]
            running.wait_for(stuck[0], "sending")

            others = [running.send(to=f"ada-{number}@example.com") for number in range(10)]
            for message_id in others:
                assert "sent" == running.wait_for(message_id)["status"]

            assert {"queued", "sending"} >= {running.message(each)["status"] for each in stuck}
            assert 10 == len(good.mails())
            assert [] == hanging.mails()
            running.kill("worker")  # it would wait for what hangs
