"""Costs stay flat as the store grows: each hot statement goes by an index, none reads a table."""

import re
from collections.abc import Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from operator import itemgetter
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from pillarbox.domain.address import Address
from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import Scope
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.ports.reading import MessageFilter
from pillarbox.store.direct import DirectStatement, SqliteStatement
from pillarbox.store.ids import new_batch_id
from tests.contract.mail import KEY, ROUTE, SENT, all_settled, message
from tests.contract.revising import caller, cancelled, make_reviser
from tests.contract.stores import LONG, Stores

MESSAGES = 3000
BATCH = new_batch_id()
ADA = Address("u7", "example.com")
SOON = datetime.now(UTC) + timedelta(hours=1)
GROWING = frozenset(
    {"messages", "recipients", "deliveries", "contents", "labels", "labels_1", "attempts"}
)
"""Of the others, `claims` has as many rows as workers."""
ALIASES = frozenset({"d", "due", "here"})
HELD_ONLY = "ix_deliveries_claim_id"
"""A partial index of what workers hold: as long as that, however much waits."""
SCAN = re.compile(r"(Seq|Index|Index Only|Bitmap Heap) Scan .*?\bon (?P<table>\w+)")


@pytest.fixture
def filled(stores: Stores) -> Stores:
    """Fill a store: a third is sent, the rest waits, of forty keys."""
    for batch in range(MESSAGES // 500):
        stores.accept(
            *(
                message(
                    f"u{number}@example.com",
                    key=KeyId(f"key_{number % 40:08}") if number % 3 else KEY,
                    sender=f"s{number % 50}@acme.test",
                    fallbacks=("spare",) if number % 2 else (),
                    tags=(f"t{number % 100}",),
                    batch_id=BATCH if number % 30 == 0 else None,
                    send_in=timedelta(hours=1) if number % 7 == 1 else None,
                )
                for number in range(500 * batch, 500 * (batch + 1))
            )
        )
    for _ in range(10):
        claim = stores.claim()
        stores.claims.settle(claim.id, all_settled(claim, SENT))
    stores.change("ANALYZE")
    return stores


def _careless(stores: Stores, backend: str, use: Any) -> list[str]:  # noqa: ANN401 - any call of the store
    """Run something, and return the steps of its statements that read a growing table whole."""
    statements: list[tuple[str, Any]] = []
    target = stores.database._engine

    def note(_c: Connection, _cursor: Any, sql: str, values: Any, *_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        if not sql.startswith(("BEGIN", "SAVEPOINT", "SET")):
            statements.append((sql, values))

    explain = "EXPLAIN QUERY PLAN " if backend == "sqlite" else "EXPLAIN "
    whole = _sqlite_whole if backend == "sqlite" else _postgresql_whole
    found: list[str] = []
    directly = SqliteStatement if backend == "sqlite" else DirectStatement
    rows = directly.rows

    def look(self: Any, connection: Connection, values: Any) -> Any:  # noqa: ANN401 - as above
        statements.append(("", None))
        explaining = copy(self)
        explaining._readers = []
        explaining._statement = f"{explain}{self._statement}"
        plan = [str(row[-1]) for row in rows(explaining, connection, values)]
        found.extend(_unbounded(whole(plan), self._statement))
        return rows(self, connection, values)

    event.listen(target, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(directly, "rows", look)
            use()
    finally:
        event.remove(target, "before_cursor_execute", note)
    assert statements
    with stores.database.writing() as connection:
        for sql, values in filter(itemgetter(0), statements):
            one = values[0] if isinstance(values, list) else values
            plan = [str(row[-1]) for row in connection.exec_driver_sql(explain + sql, one)]
            found += _unbounded(whole(plan), sql)
        connection.rollback()
    return found


def _unbounded(whole: Sequence[str], sql: str) -> list[str]:
    """Return those scans of a statement that nothing ends but the table's own end."""
    # A page walks its index from where it begins, and stops when it is full.
    walks = "LIMIT" in sql and "DISTINCT" not in sql
    return [
        step for step in whole if HELD_ONLY not in step and not (walks and "using" in step.lower())
    ]


def _sqlite_whole(plan: Sequence[str]) -> list[str]:
    return [
        step for step in plan if step.startswith("SCAN ") and step.split()[1] in GROWING | ALIASES
    ]


def _postgresql_whole(plan: Sequence[str]) -> list[str]:
    """Return the scans that are bounded by no condition on their index."""
    found = []
    for number, line in enumerate(plan):
        step = SCAN.search(line)
        if step is None or step["table"] not in GROWING:
            continue
        details = list(takewhile(lambda one: "->" not in one, plan[number + 1 :]))
        if not any("Index Cond" in one or "Recheck Cond" in one for one in details):
            found.append(line.strip())
    return found


def _first(stores: Stores) -> str:
    [view] = stores.reader.messages(FILTERS["scheduled"], limit=1, before=None)
    return view.id


USES: dict[str, Any] = {
    "claim": lambda s: s.claims.claim(Errand.usual(ROUTE), worker="one", lease=LONG, limit=50),
    "claim for another": lambda s: s.claims.claim(
        Errand(ROUTE, "spare", ("spare",)), worker="one", lease=LONG, limit=50
    ),
    "fallbacks": lambda s: s.claims.fallbacks(ROUTE),
    "settle": lambda s: s.claims.settle((claim := s.claim()).id, all_settled(claim)),
    "take over": lambda s: s.take_over(),
    "expired": lambda s: s.claims.claim_expired(worker="one", lease=LONG, limit=50),
    "scheduled": lambda s: s.claims.queue_scheduled(50),
    "purge": lambda s: s.retention.purge_messages(SOON, after=None, limit=50),
    "purge contents": lambda s: s.retention.purge_contents(SOON, after=None, limit=50),
    "purge doomed": lambda s: s.retention.purge_doomed(50),
    "messages to": lambda s: s.erasure.messages_to(ADA, after=None, limit=50),
    "erase": lambda s: s.erasure.erase(ADA, s.erasure.messages_to(ADA, after=None, limit=50)),
    "due routes": lambda s: s.claims.due_routes(),
    "backlog": lambda s: s.backlog.look(),
    "cancel": lambda s: cancelled(s, _first(s)),
    "cancel a batch": lambda s: make_reviser(s).cancel_batch(BATCH, caller(scope=Scope.MANAGE)),
    "status query": lambda s: s.view(
        s.reader.messages(MessageFilter(), limit=1, before=None)[0].id
    ),
}

FILTERS = {
    "all": MessageFilter(),
    "of a key": MessageFilter(key_id=KEY),
    "status": MessageFilter(status="queued"),
    "rare status": MessageFilter(status="failed"),
    "rare status of a key": MessageFilter(status="failed", key_id=KEY),
    "sending": MessageFilter(status="sending"),
    "recipient": MessageFilter(recipient="u7@example.com", key_id=KEY),
    "recipient status": MessageFilter(recipient_status="bounced"),
    "recipient sending": MessageFilter(recipient_status="sending"),
    "scheduled": MessageFilter(status="scheduled"),
    "batch": MessageFilter(batch=BATCH, key_id=KEY),
    "sender": MessageFilter(sender="s7@acme.test"),
    "tag": MessageFilter(tags=("t7",)),
    "tag of a key": MessageFilter(tags=("t7",), key_id=KEY),
    "metadata": MessageFilter(metadata=(("a", "b"),)),
}


def test_every_hot_statement_goes_by_an_index(filled: Stores, backend: str) -> None:
    """Claim, settle, sweep, status query and list page read no table from end to end."""
    found = {name: _careless(filled, backend, partial(use, filled)) for name, use in USES.items()}
    for name, wanted in FILTERS.items():

        def list_page(wanted: MessageFilter = wanted) -> None:
            filled.reader.messages(wanted, limit=50, before=None)

        found[name] = _careless(filled, backend, list_page)

    assert {name: [] for name in (*USES, *FILTERS)} == found


WORKERS = (
    "claim", "claim for another", "fallbacks", "settle", "take over", "expired", "scheduled",
    "purge", "purge contents", "purge doomed", "due routes", "backlog",
)  # fmt: skip


def test_what_workers_ask_goes_by_an_index_whatever_the_values(filled: Stores) -> None:
    """Their statements are planned once, and the plan must be good for all."""
    if filled.database.is_sqlite:
        pytest.skip("SQLite always plans without values")
    workers = Stores.open(filled.url, planned_once=True)
    try:
        for _ in range(2):  # what comes a second time is prepared
            for name in WORKERS:
                USES[name](workers)
        with workers.database.reading() as connection:
            prepared = connection.exec_driver_sql(
                "SELECT name, statement, cardinality(parameter_types), custom_plans"
                " FROM pg_prepared_statements WHERE statement ~* 'deliveries|messages|contents'"
            ).all()
            whole = {
                statement: found
                for name, statement, count, _ in prepared
                if (found := _unbounded(_whole_of(connection, name, count), statement))
            }
    finally:
        workers.database.close()

    assert len(prepared) > len(WORKERS)
    assert {0} == {custom for *_, custom in prepared}
    assert {} == whole


def _whole_of(connection: Connection, name: str, parameters: int) -> list[str]:
    """Return what a prepared statement reads whole, by the plan that knows no values."""
    values = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    rows = connection.exec_driver_sql(f"EXPLAIN EXECUTE {name}{values}")
    return _postgresql_whole([str(row[0]) for row in rows])


def test_the_check_itself_sees_a_table_that_is_read_whole(filled: Stores, backend: str) -> None:
    """A guard that never fires guards nothing."""

    def careless() -> None:
        with filled.database.reading() as connection:
            connection.execute(text("SELECT * FROM recipients WHERE host = 'x'")).all()

    assert 1 == len(_careless(filled, backend, careless))


def test_a_page_deep_in_the_list_begins_at_its_id(filled: Stores, backend: str) -> None:
    """Page 10,000 costs what page 1 costs."""
    page = filled.reader.messages(MessageFilter(), limit=500, before=None)

    def deep() -> None:
        filled.reader.messages(MessageFilter(), limit=50, before=page[-1].id)

    assert [] == _careless(filled, backend, deep)
