from collections.abc import Iterator
from typing import cast

import pytest
from flask import Flask
from structlog.testing import capture_logs

from service.app import create_app
from tests.fakes.services import EVERYDAY, World
from tests.unit.service.caller import Caller
from tests.unit.service.published import CheckedClient, PublishedContract, publish
from tests.unit.service.running import Running, running


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Keep the log out of the way: drawing a traceback takes longer than most tests."""
    with capture_logs():
        yield


@pytest.fixture(scope="session")
def contract() -> PublishedContract:
    return publish(create_app(World().services()))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def app(world: World) -> Flask:
    app = create_app(world.services())
    app.test_client_class = CheckedClient
    return app


@pytest.fixture
def client(app: Flask, contract: PublishedContract) -> CheckedClient:
    """Return a client without a key, whose every answer is held to the published document."""
    client = cast("CheckedClient", app.test_client())
    client.contract = contract
    return client


@pytest.fixture
def caller(world: World, client: CheckedClient) -> Caller:
    """Return a caller whose key has every scope but `manage`, and may send as anybody."""
    return Caller(client, world.new_key("everyday", *EVERYDAY))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a real server over fakes."""
    with running(tmp_path_factory.mktemp("home")) as started:
        yield started
