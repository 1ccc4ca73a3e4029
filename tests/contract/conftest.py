"""Every test here runs on SQLite and on PostgreSQL, each with a fresh and migrated database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pillarbox.store.migration import migrate
from tests.contract.stores import Stores, copy_sqlite, empty_postgres
from tests.servers.postgres import PostgresServer

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.real))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite database for all tests to copy."""
    path = tmp_path_factory.mktemp("contract") / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=BOTH)
def backend(request: pytest.FixtureRequest) -> str:
    """Name the database of this run."""
    name: str = request.param
    return name


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Make a database without any table; its URL."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """Migrate one PostgreSQL database for all tests, each of which begins by emptying it."""
    url = postgres_server.database()
    migrate(url)
    return url


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> str:
    """Make a migrated database without a row; its URL."""
    if backend == "sqlite":
        return copy_sqlite(sqlite_template, tmp_path)
    url: str = request.getfixturevalue("postgres_url")
    empty_postgres(url)
    return url


@pytest.fixture
def stores(url: str) -> Iterator[Stores]:
    """Open the store's classes over a fresh database."""
    opened = Stores.open(url)
    yield opened
    opened.database.close()


@pytest.fixture
def open_stores() -> Iterator[Callable[[str], Stores]]:
    """Open further ones, as another process would."""
    opened: list[Stores] = []

    def open_one(url: str) -> Stores:
        opened.append(Stores.open(url))
        return opened[-1]

    yield open_one
    for each in opened:
        each.database.close()
