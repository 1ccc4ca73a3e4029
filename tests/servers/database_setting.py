"""Where an installation of a test keeps its messages, by the name of a database."""

import pytest

from tests.servers.postgres import PostgresServer

BOTH = ("sqlite", "postgresql")


def database_setting(request: pytest.FixtureRequest, database: str) -> dict[str, object]:
    """Return the setting that names a new database of the tests' PostgreSQL; none for SQLite.

    The server is asked for only then, so that SQLite is tested without it.
    """
    if database == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return {"DATABASE_URL": server.database()}
