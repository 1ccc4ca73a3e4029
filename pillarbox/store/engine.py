"""The database: connections, transactions, and the one border where its failures are mapped.

1. Writing on SQLite begins with BEGIN IMMEDIATE: a transaction that reads
   first and writes later meets "database is locked" at once, whatever the
   timeout. Threads and processes take turns before that, because SQLite's own
   lock is polled and not fair.
2. Reading is one snapshot on both databases, so that a message and its
   recipients belong together.
3. What keeps the database from answering is a `StoreUnavailableError`, its
   cause kept; what is wrong with a statement or a value passes through.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.store.patience import Patience
from pillarbox.store.turns import Turns

BUSY_SECONDS = 5.0
"""How long a writer waits for its turn, and a caller for a connection of the pool."""
CONNECT_SECONDS = 5
"""How long PostgreSQL may take to answer a new connection."""
STATEMENT_TIMEOUT = "30s"
"""No statement of ours takes a second; one that takes this long hangs."""
PATIENCE_SECONDS = 40.0
"""How long a transaction may take where the server says no word at all, not even that."""
LOCK_TIMEOUT = "5s"
"""Locks are held for milliseconds; as long as a writer waits on SQLite."""
IDLE_TRANSACTION_TIMEOUT = "60s"
"""A process that stopped within a transaction gives its locks back."""
IDLE_SECONDS_BEFORE_PING = 1.0
"""A connection unused for so long is asked whether it lives; asking each time costs 0.1 ms."""
PREPARED_AFTER = 1
"""What comes a second time comes a thousand times: to plan the larger statements takes PostgreSQL
as long as to run them, and a statement that is not prepared is planned each time."""
COMPRESSION = "lz4"
"""Of contents on PostgreSQL: its own way is a fifth of the CPU that it takes to keep a message."""

_KEEPALIVE = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}
"""A server that is gone without a word is noticed within half a minute."""

_READING = "pillarbox_reading"


def place_of(url: str | URL) -> str:
    """Name a database by its URL, without user and password: the same for all of an installation.

    Raises `sqlalchemy.exc.ArgumentError` or `ValueError`, whose words may quote the URL.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return str(parsed.database)
    host = parsed.host or str(parsed.query.get("host", "the local socket"))
    return f"{host}:{parsed.port or 5432}/{parsed.database or ''}"


def make_engine(url: str | URL, *, connections: int = 20, planned_once: bool = False) -> Engine:
    """Make the engine for a database's URL; nothing is connected yet.

    `planned_once`: PostgreSQL makes one plan for each statement of a connection, for
    whatever values; it is for whoever asks the same few statements for ever.
    """
    parsed = make_url(url)
    pool: dict[str, Any] = {
        "hide_parameters": True,  # they are bodies and addresses, and errors are logged
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": BUSY_SECONDS,
        "pool_use_lifo": True,
    }
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, **pool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    arguments = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "pillarbox",
        "prepare_threshold": PREPARED_AFTER,
        **_KEEPALIVE,
        **parsed.query,  # the operator's own word wins
    }
    engine = create_engine(parsed, connect_args=arguments, isolation_level="READ COMMITTED", **pool)
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "connect", _compress_contents)
    if planned_once:
        event.listen(engine, "connect", _plan_once)
    _ping_idle_connections(engine)
    return engine


class Database:
    """A database as the store's classes use it: transactions, and its health."""

    def __init__(
        self,
        url: str | URL,
        *,
        connections: int = 20,
        patient: bool = False,
        planned_once: bool = False,
    ) -> None:
        """Wire it; a `patient` one waits without end, as a migration of much mail must."""
        self._engine = make_engine(url, connections=connections, planned_once=planned_once)
        self._patience: Patience | None = None
        self._turns = Turns(_file_of(self._engine), patience=BUSY_SECONDS)
        if self.is_sqlite:
            self._reader = self._engine.execution_options(**{_READING: True})
            self._once = self._reader
        else:
            self._reader = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._once = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            if not patient:
                self._patience = Patience(self._engine, seconds=PATIENCE_SECONDS)

    @property
    def is_sqlite(self) -> bool:
        """Whether writers are serial."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes; it is committed when the block ends."""
        with store_failures_mapped(), self._own_turn(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that reads one snapshot."""
        with store_failures_mapped(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing_once(self) -> Iterator[Connection]:
        """Lend a connection for one statement that writes.

        On PostgreSQL the statement is its own transaction, in one round trip
        instead of three.
        """
        if self.is_sqlite:
            with self.writing() as connection:
                yield connection
            return
        with store_failures_mapped(), self._once.connect() as connection:
            yield connection

    @contextmanager
    def reading_once(self) -> Iterator[Connection]:
        """Lend a connection for one statement that reads."""
        with store_failures_mapped(), self._once.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Return if the database answers; raise `StoreUnavailableError` if not."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._engine.dispose()
        if self._patience is not None:
            self._patience.close()
        self._turns.close()

    def _own_turn(self) -> AbstractContextManager[None]:
        return self._turns.taken() if self.is_sqlite else nullcontext()


def _file_of(engine: Engine) -> Path | None:
    """Return SQLite's file; None for one in memory, and for a server."""
    path = engine.url.database
    in_a_file = engine.dialect.name == "sqlite" and path and ":memory:" not in path
    return Path(path) if in_a_file and path else None


@contextmanager
def store_failures_mapped() -> Iterator[None]:
    """Raise `StoreUnavailableError` for every failure that is the database's, not ours."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise StoreUnavailableError(str(error)) from error
    except exc.DBAPIError as error:
        # A connection that broke in another guise, or a server that is not ready for us now.
        if error.connection_invalidated or _sqlstate(error) in _NOT_READY:
            raise StoreUnavailableError(str(error)) from error
        raise


_NOT_READY = frozenset({"25006", "42P01", "42703"})
"""`read_only_sql_transaction`: a standby, seen after a fail-over. `undefined_table` and
`undefined_column`: its migrations are still to come (SQLite says both as OperationalError)."""


def _sqlstate(error: exc.DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are ours, not the driver's
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _prepare_postgresql(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(
        f"SET statement_timeout = '{STATEMENT_TIMEOUT}';"
        f" SET lock_timeout = '{LOCK_TIMEOUT}';"
        f" SET idle_in_transaction_session_timeout = '{IDLE_TRANSACTION_TIMEOUT}';"
        " SET timezone = 'UTC';"
        " SET jit = off;"  # compiling takes longer than any statement of ours
        # Every statement of ours goes from few rows to others by an index. The planner knows a
        # queue as it was at the last ANALYZE: it would read all of a table that it believes
        # small, and a prepared statement would go on doing so when it has grown.
        " SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
    )
    cursor.close()
    connection.commit()


def _compress_contents(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Choose how contents are compressed; a server that does not know it goes on in its own way.

    Before PostgreSQL 14 there is no choice, and a server may be built without LZ4.
    """
    cursor = connection.cursor()
    try:
        cursor.execute(f"SET default_toast_compression = '{COMPRESSION}'")
        connection.commit()
    except (psycopg.errors.UndefinedObject, psycopg.errors.InvalidParameterValue):
        connection.rollback()
    finally:
        cursor.close()


def _plan_once(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Let the server not try five plans for given values before it makes one for all."""
    cursor = connection.cursor()
    cursor.execute("SET plan_cache_mode = force_generic_plan")
    cursor.close()
    connection.commit()


def _ping_idle_connections(engine: Engine) -> None:
    """See that a connection that was idle lives before it is used.

    The whole pool is remade if one does not: after the server's restart none does.
    """

    def checked_in(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["idle_since"] = time.monotonic()

    def checked_out(
        connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        since = entry.info.get("idle_since")
        if since is None or time.monotonic() - since < IDLE_SECONDS_BEFORE_PING:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise exc.InvalidatePoolError from error

    event.listen(engine, "checkin", checked_in)
    event.listen(engine, "checkout", checked_out)
