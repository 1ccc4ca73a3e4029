"""A database that is away, busy or full is `StoreUnavailableError`, and nothing else is."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import exc, text

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.ports.reading import MessageFilter
from pillarbox.store import connections
from pillarbox.store import engine as engine_module
from pillarbox.store.engine import Database
from tests.contract.mail import ROUTE, message
from tests.contract.stores import LONG, Stores
from tests.ports import free_port
from tests.servers.postgres import PostgresServer


def test_a_database_that_answers_is_there(stores: Stores) -> None:
    stores.database.ping()


def test_a_database_that_is_not_there_is_unavailable(backend: str, tmp_path: Path) -> None:
    """503: nothing is known to be accepted. The cause is kept for the log."""
    url = (
        f"sqlite:///{tmp_path / 'nowhere' / 'x.sqlite3'}"
        if backend == "sqlite"
        else f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/none"
    )
    database = Database(url)

    for use in (database.ping, lambda: Stores.open(url).accept(message())):
        with pytest.raises(StoreUnavailableError) as caught:
            use()
        assert isinstance(caught.value.__cause__, exc.OperationalError | FileNotFoundError)


def test_every_aggregate_says_so(empty_url: str) -> None:
    """Tables that are not there yet are the operator's to make, not the caller's fault."""
    stores = Stores.open(empty_url)
    try:
        for use in (
            lambda: stores.accept(message()),
            stores.claims.due_routes,
            lambda: stores.claims.claim(Errand.usual(ROUTE), worker="one", lease=LONG, limit=1),
            lambda: stores.reader.messages(MessageFilter(), limit=1, before=None),
            stores.keys.all,
        ):
            with pytest.raises((StoreUnavailableError, exc.ProgrammingError)):
                use()
    finally:
        stores.database.close()


def test_a_wrong_statement_is_our_fault_and_passes_through(stores: Stores) -> None:
    """What a repeat cannot mend is not called unavailable."""
    stores.accept(message())
    with pytest.raises(exc.IntegrityError), stores.database.writing() as connection:
        connection.execute(text("INSERT INTO contents (message_id, document) VALUES ('msg_x', '')"))


@pytest.mark.real
def test_after_a_restart_of_the_server_the_store_recovers_by_itself() -> None:
    """Nobody has to restart Pillarbox because PostgreSQL was restarted."""
    server = PostgresServer()
    database = Database(server.database())
    try:
        database.ping()
        server.kill()
        with pytest.raises(StoreUnavailableError):
            database.ping()
        server.restart()
        database.ping()
        with database.writing() as connection:
            assert 1 == connection.scalar(text("SELECT 1"))
    finally:
        database.close()
        server.close()


@pytest.mark.real
def test_an_idle_connection_that_died_is_never_handed_out(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night's idleness and a restart in it cost the first caller nothing."""
    monkeypatch.setattr(connections, "IDLE_SECONDS_BEFORE_PING", 0.0)
    url = postgres_server.database()
    database, other = Database(url), Database(url)
    try:
        database.ping()
        with other.writing() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        database.ping()
    finally:
        database.close()
        other.close()
        postgres_server.drop(url)


def test_a_writer_that_waits_too_long_is_told_so(
    url: str, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locked beyond the timeout is unavailable, from another process and from another thread."""
    if backend == "postgresql":
        pytest.skip("writers do not wait for one another")
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.05)
    stores = Stores.open(url)
    other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            stores.accept(message())
        other.execute("ROLLBACK")

        entered, leave = Event(), Event()

        def hold() -> None:
            with stores.database.writing():
                entered.set()
                leave.wait(10)

        with ThreadPoolExecutor(1) as threads:
            holding = threads.submit(hold)
            entered.wait(10)
            with pytest.raises(StoreUnavailableError, match="other threads"):
                stores.accept(message())
            leave.set()
            holding.result()
        stores.accept(message())
    finally:
        other.close()
        stores.database.close()


def test_a_full_disk_is_unavailable_and_the_store_goes_on(stores: Stores, backend: str) -> None:
    """Disk full: 503, nothing half-accepted; reading goes on."""
    if backend == "postgresql":
        pytest.skip("a disk of its own would be needed; 53100 is an OperationalError there")
    with stores.database.writing() as connection:
        [[pages]] = connection.exec_driver_sql("PRAGMA page_count").all()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailableError, match="full"):
        stores.accept(*(message(text="x" * 100_000) for _ in range(50)))

    assert [] == stores.reader.messages(MessageFilter(), limit=1, before=None)
    with stores.database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    stores.accept(message())


def test_sqlite_survives_a_power_cut(stores: Stores, backend: str) -> None:
    """WAL with synchronous=FULL: what was answered 202 is on the disk."""
    if backend == "postgresql":
        pytest.skip("the server's own settings decide")
    with stores.database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    } == pragmas


@pytest.mark.parametrize(("wanted", "used"), [("lz4", "lz4"), ("unheard-of", "pglz")])
def test_contents_are_compressed_as_the_server_can(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, wanted: str, used: str
) -> None:
    """What costs a fraction of PostgreSQL's own way, and that where the server has no other."""
    if stores.database.is_sqlite:
        pytest.skip("SQLite compresses nothing")
    monkeypatch.setattr(connections, "COMPRESSION", wanted)
    fresh = Stores.open(stores.url)
    try:
        fresh.accept(message(text="Thank you. " * 400))
        rows = fresh.ask("SELECT pg_column_compression(document) FROM contents")
    finally:
        fresh.database.close()

    assert [(used,)] == [tuple(row) for row in rows]


def test_a_pool_that_is_exhausted_is_unavailable(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More threads than connections wait, and not for ever."""
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.05)
    database = Database(url, connections=1)
    try:
        with database.reading(), pytest.raises(StoreUnavailableError):
            database.ping()
    finally:
        database.close()


def test_a_server_that_hangs_holds_nobody_for_ever(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped, it acknowledges packets and says no word: 503 with Retry-After all the same."""
    monkeypatch.setattr(engine_module, "PATIENCE_SECONDS", 0.2)
    database = Database(postgres_server.database())
    try:
        database.ping()
        with pytest.raises(StoreUnavailableError), database.writing() as connection:
            connection.execute(text("SELECT pg_sleep(20)"))
        database.ping()
    finally:
        database.close()


def test_a_migration_is_waited_for(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To index millions of messages takes minutes, and half of it is of no use."""
    monkeypatch.setattr(engine_module, "PATIENCE_SECONDS", 0.01)
    database = Database(postgres_server.database(), patient=True)
    try:
        with database.writing() as connection:
            assert connection.execute(text("SELECT pg_sleep(0.3) IS NOT NULL")).scalar()
    finally:
        database.close()
