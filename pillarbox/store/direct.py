"""Statements that go to the driver without anything in between: those of every few messages.

1. SQLAlchemy's own way costs three times what the statement itself takes here, and psycopg
   looks anew for the parameters of each statement of more than 4,096 characters: a
   settlement's took 0.5 ms. Here they are numbered once, as PostgreSQL has them.
2. On SQLite its way was an eighth of a worker's CPU.
3. What fails is the error that SQLAlchemy would have raised, and a connection that broke is
   given up as it would have been.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import ClauseElement, Connection, Select, TextClause, TextualSelect, UpdateBase, exc
from sqlalchemy.dialects import postgresql, sqlite

_Statement: TypeAlias = Select[Any] | TextClause | TextualSelect | UpdateBase
_BY_NAME = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # no annotations
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


class DirectStatement:
    """One statement for PostgreSQL, with parameters as `:name`.

    `binary`: how its rows come; octets take twice as many, and a reading, if not so.
    """

    def __init__(self, statement: str, *, binary: bool = False) -> None:
        self._binary = binary
        self._names = list(dict.fromkeys(_PARAMETER.findall(statement)))
        places = {name: f"${place}" for place, name in enumerate(self._names, start=1)}
        self._statement = _PARAMETER.sub(lambda found: places[found[1]], statement)

    @classmethod
    def of(cls, statement: ClauseElement) -> "DirectStatement":
        """Take what SQLAlchemy has put into words."""
        return cls(str(statement.compile(dialect=_BY_NAME)))

    def rows(self, connection: Connection, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it and return its rows, if it has any; their values are the driver's own."""
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 - it is made for no other driver
        values = [parameters[name] for name in self._names]
        try:
            with psycopg.RawCursor(driver) as cursor:
                cursor.execute(self._statement, values, binary=self._binary)
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            broken = driver.closed or driver.broken
            if broken:
                connection.invalidate(error)
            raise exc.DBAPIError.instance(
                self._statement,
                None,
                error,
                psycopg.Error,
                connection_invalidated=broken,
            ) from error


class HotStatement:
    """One statement in SQLAlchemy's words, with the driver asked directly."""

    def __init__(self, statement: _Statement) -> None:
        self._on_postgresql = DirectStatement.of(statement)
        self._on_sqlite = SqliteStatement(statement)

    def rows(
        self, connection: Connection, parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """Run it and return its rows, if it has any."""
        if connection.dialect.name == "postgresql":
            return self._on_postgresql.rows(connection, parameters)
        return self._on_sqlite.rows(connection, parameters)


class SqliteStatement:
    """One statement for SQLite; to its values is done what SQLAlchemy would do.

    `prefix` stands before the names of its parameters, and not before those of the values.
    """

    def __init__(self, statement: _Statement, *, prefix: str = "") -> None:
        dialect = sqlite.dialect()
        compiled = statement.compile(dialect=dialect)
        kept_as = {name: each.type.dialect_impl(dialect) for name, each in compiled.binds.items()}
        columns = () if isinstance(statement, TextClause) else statement.exported_columns
        self._statement = str(compiled)
        self._places = [
            (name.removeprefix(prefix), kept_as[name].bind_processor(dialect))
            for name in compiled.positiontup or ()
        ]
        self._readers = [
            each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns
        ]

    def rows(
        self, connection: Connection, parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """Run it and return its rows, if it has any."""
        with self._driver(connection) as driver:
            rows = driver.execute(self._statement, self._values(parameters)).fetchall()
        if not any(self._readers):
            return rows
        return [
            [
                value if read is None else read(value)
                for value, read in zip(row, self._readers, strict=True)
            ]
            for row in rows
        ]

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of these, one after the other; prepared once."""
        with self._driver(connection) as driver:
            driver.executemany(self._statement, map(self._values, rows))

    def _values(self, parameters: Mapping[str, Any]) -> list[Any]:
        return [
            parameters[name] if write is None else write(parameters[name])
            for name, write in self._places
        ]

    @contextmanager
    def _driver(self, connection: Connection) -> Iterator[sqlite3.Connection]:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - it is made for no other driver
        try:
            yield driver
        except sqlite3.Error as error:
            raise exc.DBAPIError.instance(self._statement, None, error, sqlite3.Error) from error
