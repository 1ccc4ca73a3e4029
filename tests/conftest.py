"""What holds for every test: real servers are marked, nothing is left open, skips are loud."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaks import nothing_left
from tests.places import places_given_back, watch_places
from tests.servers import presence
from tests.servers.left_behind import nothing_left_in
from tests.servers.redis import RedisServer

pytest_plugins = ["tests.servers.fixtures"]

HERE = Path(__file__).parent

REAL_FOLDERS = (HERE / "integration", HERE / "scenes")
SERVERLESS_FOLDERS = (HERE / "unit", HERE / "property")


def pytest_configure(config: pytest.Config) -> None:
    """Name the one marker that belongs to the leak check, and begin to watch."""
    watch_places()
    config.addinivalue_line(
        "markers",
        "keeps_open(reason): opens something that a wider fixture closes; no leak check",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs real servers `real`; refuse it among the tests that run without any."""
    for item in items:
        servers = presence.REAL_SERVERS.intersection(getattr(item, "fixturenames", ()))
        if servers and _is_under(item, SERVERLESS_FOLDERS):
            message = f"{item.nodeid} asks for {', '.join(sorted(servers))}"
            raise pytest.UsageError(f"{message}; tests here run without any server")
        if servers or _is_under(item, REAL_FOLDERS):
            item.add_marker(pytest.mark.real)


@pytest.fixture(autouse=True)
def _nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a socket, a child, or a place taken in this process."""
    with places_given_back():
        if request.node.get_closest_marker("keeps_open"):
            yield
            return
        with nothing_left():
            yield


@pytest.fixture(autouse=True)
def _nothing_left_in_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a lease, or a key for ever, in a database that it asked for."""
    if "redis_server" not in request.fixturenames or request.node.get_closest_marker("keeps_open"):
        yield
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    before = len(server.given)
    yield
    nothing_left_in(server.given[before:])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over, of a process beside others, which servers were missing."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["missing"] = presence.missing


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what another process has missed."""
    presence.missing.update(getattr(node, "workeroutput", {}).get("missing", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, at the end, which real servers were missing."""
    for server, why in sorted(presence.missing.items()):
        terminalreporter.write_line(f"*** NOT TESTED against {server}: {why}", red=True, bold=True)


def _is_under(item: pytest.Item, folders: tuple[Path, ...]) -> bool:
    return any(item.path.is_relative_to(folder) for folder in folders)
