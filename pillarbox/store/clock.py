"""The database's clock, in SQL.

SQLite 3.40 tells the time to the millisecond, PostgreSQL to the microsecond.
`clock_timestamp()` is volatile and so never a bound of an index scan: compare
an indexed column with `database_now_once()`.
"""

from datetime import datetime

from sqlalchemy import Float, ScalarSelect, bindparam, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from pillarbox.store.types import Instant

POSTGRESQL_NOW = "clock_timestamp()"
SQLITE_NOW = (
    "(CAST(strftime('%s', 'now') AS INTEGER) * 1000000"
    " + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER) * 1000)"
)


class database_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The time of the database server's clock, now."""

    type = Instant()
    inherit_cache = True


class lease_end(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The database's time after the bound `lease` (seconds) from now."""

    type = Instant()
    inherit_cache = True

    def __init__(self) -> None:
        super().__init__(bindparam("lease", type_=Float()))


def database_now_once() -> ScalarSelect[datetime]:
    """Return the time now, read once for the whole statement, so that an index can be used."""
    return select(database_now()).scalar_subquery()


@compiles(database_now, "postgresql")
def _now_on_postgresql(_element: database_now, _compiler: SQLCompiler, **_: object) -> str:
    return POSTGRESQL_NOW


@compiles(database_now, "sqlite")
def _now_on_sqlite(_element: database_now, _compiler: SQLCompiler, **_: object) -> str:
    return SQLITE_NOW


@compiles(lease_end, "postgresql")
def _lease_end_on_postgresql(element: lease_end, compiler: SQLCompiler, **options: object) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"({POSTGRESQL_NOW} + {seconds} * interval '1 second')"


@compiles(lease_end, "sqlite")
def _lease_end_on_sqlite(element: lease_end, compiler: SQLCompiler, **options: object) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"({SQLITE_NOW} + CAST({seconds} * 1000000 AS INTEGER))"
