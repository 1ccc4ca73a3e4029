"""How connections to the database are opened, prepared for our statements, and tried before use."""

import sqlite3
import time
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

CONNECT_SECONDS = 5
"""How long PostgreSQL may take to answer a new connection."""
STATEMENT_TIMEOUT = "30s"
"""No statement of ours takes a second; one that takes this long hangs."""
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

READING = "pillarbox_reading"
"""The option of an engine whose transactions write nothing."""


def place_of(url: str | URL) -> str:
    """Name a database by its URL, without user and password: the same for all of an installation.

    Raises `sqlalchemy.exc.ArgumentError` or `ValueError`, whose words may quote the URL.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return str(parsed.database)
    host = parsed.host or str(parsed.query.get("host", "the local socket"))
    return f"{host}:{parsed.port or 5432}/{parsed.database or ''}"


def make_engine(
    url: str | URL, *, connections: int, wait_seconds: float, planned_once: bool = False
) -> Engine:
    """Make the engine for a database's URL; nothing is connected yet.

    `wait_seconds`: for a connection of the pool, and for SQLite's lock.
    `planned_once`: PostgreSQL makes one plan for each statement of a connection, for
    whatever values; it is for whoever asks the same few statements for ever.
    """
    parsed = make_url(url)
    pool: dict[str, Any] = {
        "hide_parameters": True,  # they are bodies and addresses, and errors are logged
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": wait_seconds,
        "pool_use_lifo": True,
    }
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": wait_seconds}, **pool)
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


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are ours, not the driver's
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(READING, False)
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
