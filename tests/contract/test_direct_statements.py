"""What goes to PostgreSQL without SQLAlchemy in between fails, and recovers, as the rest does."""

import pytest
from sqlalchemy import exc

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.store.direct import DirectStatement
from pillarbox.store.engine import Database
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.real


def test_each_parameter_stands_wherever_its_name_does(postgres_server: PostgresServer) -> None:
    """A cast is none, and a name may come twice."""
    statement = DirectStatement("SELECT :one || :other || :one, '5'::int + CAST(:number AS int)")
    database = Database(postgres_server.database())
    try:
        with database.reading_once() as connection:
            rows = statement.rows(connection, {"other": "b", "number": 2, "one": "a"})
    finally:
        database.close()

    assert rows == [("aba", 7)]


def test_octets_come_as_they_are(postgres_server: PostgresServer) -> None:
    statement = DirectStatement("SELECT 'name', CAST('\\x00ff' AS bytea)", binary=True)
    database = Database(postgres_server.database())
    try:
        with database.reading_once() as connection:
            rows = statement.rows(connection, {})
    finally:
        database.close()

    assert rows == [("name", b"\x00\xff")]


def test_a_wrong_value_is_our_fault_and_passes_through(postgres_server: PostgresServer) -> None:
    """The connection is as good as before."""
    statement = DirectStatement("SELECT CAST(:text AS int)")
    database = Database(postgres_server.database())
    try:
        with pytest.raises(exc.DataError), database.reading_once() as connection:
            statement.rows(connection, {"text": "1.5"})
        with database.reading_once() as connection:
            assert statement.rows(connection, {"text": "1"}) == [(1,)]
    finally:
        database.close()


def test_a_connection_that_breaks_is_unavailable_and_given_up(
    postgres_server: PostgresServer,
) -> None:
    """The next statement has a connection that lives."""
    ending = DirectStatement("SELECT pg_terminate_backend(pg_backend_pid())")
    database = Database(postgres_server.database())
    try:
        with pytest.raises(StoreUnavailableError), database.reading_once() as connection:
            ending.rows(connection, {})
        with database.reading_once() as connection:
            assert DirectStatement("SELECT 1").rows(connection, {}) == [(1,)]
    finally:
        database.close()


def test_a_statement_is_prepared_when_it_comes_a_second_time(
    postgres_server: PostgresServer,
) -> None:
    """To plan it each time would take the server as long as to run it."""
    statement = DirectStatement("SELECT 1 + :number")
    database = Database(postgres_server.database())
    try:
        with database.reading_once() as connection:
            for _ in range(2):
                statement.rows(connection, {"number": 1})
            prepared = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements")
            assert "SELECT 1 + $1" in prepared.scalars().all()
    finally:
        database.close()
