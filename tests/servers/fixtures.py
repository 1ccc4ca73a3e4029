"""The real servers as fixtures: one of each for the whole run, started when first asked for."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.leaks import lasting
from tests.servers.aiosmtpd_server import AioSmtpdServer
from tests.servers.browser import Browser
from tests.servers.exim import EximServer
from tests.servers.opensmtpd import OpenSmtpdServer
from tests.servers.postfix import PostfixServer
from tests.servers.postgres import PostgresServer
from tests.servers.promtool import Promtool
from tests.servers.redis import RedisServer
from tests.servers.smtp_sink import SmtpSink


@pytest.fixture(scope="session")
def postfix_relay() -> Iterator[PostfixServer]:
    """Start a Postfix that keeps every mail; `forget()` is the test's own business."""
    with closing(PostfixServer()) as server:
        yield server


@pytest.fixture(scope="session")
def exim_relay() -> Iterator[EximServer]:
    """Start an Exim that keeps every mail."""
    with closing(EximServer()) as server, lasting(server):
        yield server


@pytest.fixture(scope="session")
def opensmtpd_relay() -> Iterator[OpenSmtpdServer]:
    """Start an OpenSMTPD that keeps every mail."""
    with closing(OpenSmtpdServer()) as server, lasting(server):
        yield server


@pytest.fixture(scope="session")
def aiosmtpd_relay() -> Iterator[AioSmtpdServer]:
    """Start an aiosmtpd that keeps every mail."""
    with closing(AioSmtpdServer()) as server, lasting(server):
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start a PostgreSQL; `database()` makes a fresh database."""
    with closing(PostgresServer()) as server, lasting(server):
        yield server


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """Make a fresh, empty database for one test; its URL."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Start a Redis; `flush()` is the test's own business."""
    with closing(RedisServer()) as server, lasting(server):
        yield server


@pytest.fixture(scope="session")
def smtp_sink() -> Iterator[SmtpSink]:
    """Start an smtp-sink that takes everything."""
    with closing(SmtpSink()) as server, lasting(server):
        yield server


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Find a Chromium that knows this machine and no other host."""
    return Browser(tmp_path)


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    """Find Prometheus' own checker."""
    return Promtool()
