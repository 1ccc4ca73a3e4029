"""Statements that go to psycopg without anything in between: those that run for every few messages.

1. SQLAlchemy's own way costs three times what the statement itself takes here, and psycopg
   looks anew for the parameters of each statement of more than 4,096 characters: a
   settlement's took 0.5 ms. Here they are numbered once, as PostgreSQL has them.
2. What fails is the error that SQLAlchemy would have raised, and a connection that broke is
   given up as it would have been.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import ClauseElement, Connection, Select, TextClause, TextualSelect, UpdateBase, exc
from sqlalchemy.dialects import postgresql

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
    """One statement in SQLAlchemy's words, with psycopg asked directly and SQLite through it."""

    def __init__(self, statement: Select[Any] | TextClause | TextualSelect | UpdateBase) -> None:
        self._statement = statement
        self._directly = DirectStatement.of(statement)

    def rows(
        self, connection: Connection, parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """Run it and return its rows."""
        if connection.dialect.name == "postgresql":
            return self._directly.rows(connection, parameters)
        return connection.execute(self._statement, parameters).all()
