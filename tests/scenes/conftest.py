"""One installation before a relay that plays scenes, for all of its tests."""

from collections.abc import Iterator

import pytest

from tests.scenes.relay_house import CONNECTIONS, SETTINGS, House, Stage
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until


@pytest.fixture(scope="session")
def _house(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[House]:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    settings: dict[str, object] = {"REDIS_URL": redis_server.database(), **SETTINGS}
    folder = tmp_path_factory.mktemp("installation")
    with (
        stage.relay,
        Installation(
            folder, relay_url=stage.url, RELAY_CA_FILE=stage.ca_file, **settings
        ) as running,
    ):
        yield House(running, stage)
        wait_until(lambda: not stage.relay.connections, 20, "idle connections are closed")


@pytest.fixture
def house(_house: House) -> Iterator[House]:
    """Lend the installation; afterwards ordinary mail flows, and nothing is held that carries none.

    Over no more connections than ever, each with its lease of the budget, no place
    of the pool taken and no claim held.
    """
    yield _house
    _house.others_flow_on(1)
    assert _house.stage.relay.connections <= CONNECTIONS
    wait_until(_house.holds_nothing, 20, "claims, places and leases are given back")
