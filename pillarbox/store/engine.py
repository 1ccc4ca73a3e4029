"""The database: transactions, and the one border where its failures are mapped.

1. Writing on SQLite begins with BEGIN IMMEDIATE: a transaction that reads
   first and writes later meets "database is locked" at once, whatever the
   timeout. Threads and processes take turns before that, because SQLite's own
   lock is polled and not fair.
2. Reading is one snapshot on both databases, so that a message and its
   recipients belong together.
3. What keeps the database from answering is a `StoreUnavailableError`, its
   cause kept; what is wrong with a statement or a value passes through.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, exc, text
from sqlalchemy.engine import URL

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.store.connections import READING, make_engine
from pillarbox.store.patience import Patience
from pillarbox.store.turns import Turns

BUSY_SECONDS = 5.0
"""How long a writer waits for its turn, and a caller for a connection of the pool."""
PATIENCE_SECONDS = 40.0
"""How long a transaction may take where the server says no word at all, not even that."""


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
        self._engine = make_engine(
            url, connections=connections, wait_seconds=BUSY_SECONDS, planned_once=planned_once
        )
        self._patience: Patience | None = None
        self._turns = Turns(_file_of(self._engine), patience=BUSY_SECONDS)
        if self.is_sqlite:
            self._reader = self._engine.execution_options(**{READING: True})
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
