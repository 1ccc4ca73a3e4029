"""One build for all tests of the image, and one deployment of it."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.image.built import BuiltImage
from tests.image.container import require_namespaces
from tests.image.deployment import Deployment
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.servers.smtp_sink import SmtpSink


@pytest.fixture(scope="session")
def image() -> Iterator[BuiltImage]:
    """Build the image."""
    with closing(BuiltImage()) as built:
        yield built


@pytest.fixture(scope="session")
def deployment(
    image: BuiltImage,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer,
    redis_server: RedisServer,
    smtp_sink: SmtpSink,
) -> Iterator[Deployment]:
    """Run every role before a real database, broker and relay."""
    require_namespaces()
    with Deployment(
        image,
        tmp_path_factory.mktemp("deployment"),
        relay_url=smtp_sink.url,
        DATABASE_URL=postgres_server.database(),
        REDIS_URL=redis_server.database(),
    ) as running:
        yield running
