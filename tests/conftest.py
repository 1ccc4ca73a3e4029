"""What holds for every test: real servers are marked, nothing is left open, skips are loud."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaks import nothing_left
from tests.servers import presence

pytest_plugins = ["tests.servers.fixtures"]

HERE = Path(__file__).parent

REAL_FOLDERS = (HERE / "integration", HERE / "scenes")
SERVERLESS_FOLDERS = (HERE / "unit", HERE / "property")


def pytest_configure(config: pytest.Config) -> None:
    """Name the one marker that belongs to the leak check."""
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
    """Fail a test that leaves a thread or a socket behind in this process."""
    if request.node.get_closest_marker("keeps_open"):
        yield
        return
    with nothing_left():
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly, at the end, which real servers were missing."""
    for server, why in sorted(presence.missing.items()):
        terminalreporter.write_line(f"*** NOT TESTED against {server}: {why}", red=True, bold=True)


def _is_under(item: pytest.Item, folders: tuple[Path, ...]) -> bool:
    return any(item.path.is_relative_to(folder) for folder in folders)
