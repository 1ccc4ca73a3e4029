"""Costs stay flat as the store grows: each hot statement goes by an index, none reads a table."""

from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from pillarbox.domain.ids import KeyId
from pillarbox.flows.ports.reading import MessageFilter
from tests.contract.mail import KEY, ROUTE, SENT, all_settled, message
from tests.contract.stores import LONG, Stores

MESSAGES = 3000
GROWING = ("messages", "recipients", "deliveries", "contents", "labels", "attempts")
FEW_ROWS = ("claims",)
"""As many rows as workers: whether it is read by index is nobody's concern."""


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
                    tags=(f"t{number % 100}",),
                )
                for number in range(500 * batch, 500 * (batch + 1))
            )
        )
    for _ in range(10):
        claim = stores.claim()
        stores.claims.settle(claim.id, all_settled(claim, SENT))
    stores.change("ANALYZE")
    return stores


def _plans(stores: Stores, backend: str, use: Any) -> str:  # noqa: ANN401 - any call of the store
    """Run something, and return how the database went about every statement of it."""
    statements: list[tuple[str, Any]] = []
    target = stores.database._engine

    def note(_c: Connection, _cursor: Any, sql: str, values: Any, *_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        if not sql.startswith(("BEGIN", "SAVEPOINT", "SET")):
            statements.append((sql, values))

    event.listen(target, "before_cursor_execute", note)
    try:
        use()
    finally:
        event.remove(target, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if backend == "sqlite" else "EXPLAIN "
    lines: list[str] = []
    with stores.database.writing() as connection:
        for sql, values in statements:
            one = values[0] if isinstance(values, list) else values
            rows = connection.exec_driver_sql(explain + sql, one).all()
            lines += [str(row[-1]) for row in rows]
        connection.rollback()
    return "\n".join(lines)


def _reads_whole(plan: str) -> list[str]:
    """Return the lines that say that a growing table is read from one end to the other."""
    return [
        line.strip()
        for line in plan.splitlines()
        for table in (*GROWING, "d", "due", "here", "m", "r")
        if f"Seq Scan on {table}" in line.replace(" as ", " ").split("(", maxsplit=1)[0]
        or (line.strip() in {f"SCAN {table}", f"SCAN {table} USING COVERING INDEX"})
    ]


USES: dict[str, Any] = {
    "claim": lambda s: s.claims.claim(ROUTE, worker="one", lease=LONG, limit=50),
    "settle": lambda s: s.claims.settle((claim := s.claim()).id, all_settled(claim)),
    "take over": lambda s: s.take_over(),
    "expired": lambda s: s.claims.claim_expired(worker="one", lease=LONG, limit=50),
    "due routes": lambda s: s.claims.due_routes(),
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
    "sender": MessageFilter(sender="s7@acme.test"),
    "tag": MessageFilter(tags=("t7",)),
    "tag of a key": MessageFilter(tags=("t7",), key_id=KEY),
    "metadata": MessageFilter(metadata=(("a", "b"),)),
}


def test_every_hot_statement_goes_by_an_index(filled: Stores, backend: str) -> None:
    """Claim, settle, sweep, status query and list page read no table from end to end."""
    found = {}
    for name, use in USES.items():
        found[name] = _reads_whole(_plans(filled, backend, lambda use=use: use(filled)))
    for name, wanted in FILTERS.items():
        found[name] = _reads_whole(
            _plans(
                filled,
                backend,
                lambda wanted=wanted: filled.reader.messages(wanted, limit=50, before=None),
            )
        )

    assert {name: [] for name in (*USES, *FILTERS)} == found


def test_the_check_itself_sees_a_whole_table_read(filled: Stores, backend: str) -> None:
    """A guard that never fires guards nothing."""

    def careless() -> None:
        with filled.database.reading() as connection:
            connection.execute(text("SELECT * FROM recipients WHERE host = 'x'")).all()

    assert _reads_whole(_plans(filled, backend, careless))


def test_a_page_deep_in_the_list_is_read_by_its_index(filled: Stores, backend: str) -> None:
    """Page 10,000 costs what page 1 costs: it begins at an id."""
    page = filled.reader.messages(MessageFilter(), limit=500, before=None)

    plan = _plans(
        filled,
        backend,
        lambda: filled.reader.messages(MessageFilter(), limit=50, before=page[-1].id),
    )

    assert "OFFSET" not in plan
    assert [] == _reads_whole(plan)
