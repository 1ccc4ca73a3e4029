"""The store's classes over one database, and the few words that the tests speak to them in."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import AcceptedMessage
from pillarbox.flows.ports.acceptance import Acceptance
from pillarbox.flows.ports.claims import Claim, Errand
from pillarbox.flows.ports.reading import MessageView
from pillarbox.store.acceptance import SqlAcceptanceStore
from pillarbox.store.backlog import SqlBacklog
from pillarbox.store.claims import SqlClaimStore
from pillarbox.store.engine import Database
from pillarbox.store.erasure import SqlErasureStore
from pillarbox.store.keys import SqlKeyStore
from pillarbox.store.reading import SqlMessageReader
from pillarbox.store.relay_orders import SqlRelayOrders
from pillarbox.store.retention import SqlRetentionStore
from pillarbox.store.revision import SqlRevisionStore
from pillarbox.store.tables import metadata
from tests.contract.mail import ROUTE

LONG = timedelta(minutes=5)
OVER = timedelta(0)
"""A lease that has run out when the claim is made."""


@dataclass(frozen=True)
class Stores:
    url: str
    database: Database
    acceptance: SqlAcceptanceStore
    claims: SqlClaimStore
    keys: SqlKeyStore
    reader: SqlMessageReader
    orders: SqlRelayOrders
    revision: SqlRevisionStore
    retention: SqlRetentionStore
    erasure: SqlErasureStore
    backlog: SqlBacklog

    @classmethod
    def open(cls, url: str, *, planned_once: bool = False) -> "Stores":
        database = Database(url, planned_once=planned_once)
        return cls(
            url,
            database,
            SqlAcceptanceStore(database),
            SqlClaimStore(database),
            SqlKeyStore(database),
            SqlMessageReader(database),
            SqlRelayOrders(database),
            SqlRevisionStore(database),
            SqlRetentionStore(database),
            SqlErasureStore(database),
            SqlBacklog(database),
        )

    def accept(self, *messages: AcceptedMessage) -> None:
        self.acceptance.accept([Acceptance(each) for each in messages])

    def claim(self, limit: int = 100, lease: timedelta = LONG, worker: str = "one") -> Claim:
        claim = self.claims.claim(Errand.usual(ROUTE), worker=worker, lease=lease, limit=limit)
        assert claim is not None
        return claim

    def nothing_due(self) -> bool:
        return self.claims.claim(Errand.usual(ROUTE), worker="nobody", lease=OVER, limit=1) is None

    def take_over(self, lease: timedelta = LONG) -> Claim | None:
        return self.claims.take_over(worker="sweeper", lease=lease)

    def view(self, message: MessageId) -> MessageView:
        view = self.reader.message(message, None)
        assert view is not None
        return view

    def count(self, table: str) -> int:
        [[number]] = self.ask(f"SELECT count(*) FROM {table}")  # noqa: S608 - the tests' own word
        return int(number)

    def ask(self, statement: str, **values: object) -> Sequence[Sequence[Any]]:
        with self.database.reading() as connection:
            return connection.execute(text(statement), values).all()

    def change(self, statement: str, **values: object) -> None:
        with self.database.writing() as connection:
            connection.execute(text(statement), values)


def copy_sqlite(template: Path, folder: Path) -> str:
    """Copy a migrated database that nobody has open; its URL."""
    path = folder / "pillarbox.sqlite3"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


def empty_postgres(url: str) -> None:
    """Remove every row of a database that nobody is using."""
    engine = create_engine(url, poolclass=NullPool)
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names}")
