"""Fail-over on a whole installation: API, Redis, worker, and two relays by script."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ports import free_port
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.real,
    pytest.mark.keeps_open("the installation lives as long as the module"),
]


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer
) -> Iterator[Installation]:
    """Run one whose first relay, the preferred one, is not there."""
    folder: Path = tmp_path_factory.mktemp("failing-over")
    with ExitStack() as closing:
        second = closing.enter_context(ScriptedServer())
        places = {"first": free_port(), "second": second.port}
        (folder / "relays.toml").write_text(
            "".join(
                f'[[relay]]\nname = "{name}"\nurl = "smtp://127.0.0.1:{port}"\n'
                f"priority = {priority}\nmax_connections = 2\n"
                for priority, (name, port) in enumerate(places.items())
            ),
            encoding="utf-8",
        )
        yield closing.enter_context(
            Installation(
                folder,
                relay_url=None,
                RELAYS_FILE=folder / "relays.toml",
                REDIS_URL=redis_server.database(),
            )
        )


def _relays(installation: Installation) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in installation.get("/v1/relays").json()["data"]}


def test_what_the_first_relay_cannot_take_the_second_does(installation: Installation) -> None:
    """Within seconds, by wake-ups and sweeps alone; the list of relays says why."""
    message = installation.wait_for(installation.send())

    [recipient] = message["recipients"]
    assert ("sent", "second") == (message["status"], recipient["relay"])
    wait_until(lambda: _relays(installation)["first"]["last_error"])
    shown = _relays(installation)
    assert "connect: connect_refused" == shown["first"]["last_error"]["reason"]
    assert "closed" == shown["second"]["state"]
    assert 2 == shown["second"]["connections"]["allowed"]


def test_a_message_that_names_its_relay_waits_for_it(installation: Installation) -> None:
    """And one that names a relay that is not there is refused."""
    pinned = installation.send(relay="first")
    free = installation.send()
    refused = installation.post(
        {"from": "a@acme.test", "to": "b@example.com", "text": "x", "relay": "nobody"}
    )

    installation.wait_for(free)
    assert "queued" == installation.message(pinned)["status"]
    assert 422 == refused.status_code
    assert "relay.unknown" == refused.json()["errors"][0]["code"]


def test_a_paused_relay_gets_nothing_until_it_is_resumed(installation: Installation) -> None:
    """The order is answered, and holds."""
    paused = _order(installation, "second", "pause")
    message = installation.send(relay="second")
    meanwhile = installation.message(message)["status"]
    resumed = _order(installation, "second", "resume")

    assert ("paused", "queued") == (paused["state"], meanwhile)
    assert "paused" != resumed["state"]
    assert "sent" == installation.wait_for(message)["status"]


def _order(installation: Installation, relay: str, order: str) -> dict[str, Any]:
    answer = requests.post(
        f"{installation.url}/v1/relays/{relay}/{order}",
        headers=dict(installation._session.headers),
        timeout=30,
    )
    assert 200 == answer.status_code, answer.text
    document: dict[str, Any] = answer.json()
    return document
