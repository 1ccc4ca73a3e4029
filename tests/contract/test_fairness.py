"""One key's backlog costs another key's message nothing: neither its turn nor the claim's time."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, event

from pillarbox.domain.ids import KeyId
from pillarbox.flows.ports.claims import Claim
from pillarbox.store.tables import deliveries, messages, recipients
from tests.contract.mail import OTHER_KEY, message
from tests.contract.stores import Stores

BACKLOG = 20_000
LIMIT = 100
ROWS_A_CLAIM = 20 * LIMIT
"""More than any claim of so many touches, and far less than the backlog."""
STEPS_A_ROW = 4
"""Of SQLite's machine, for a row that is read and left: at least."""


def _grow(stores: Stores) -> None:
    """Make a backlog of the one message that is there, as no acceptance could so soon."""
    [[first]] = stores.ask("SELECT min(id) FROM messages")
    numbers = (
        "(WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < :count)"
        " SELECT n FROM g) AS g"
    )
    name = "'msg_' || substr('00000000000000000000000000' || CAST(g.n AS text), -26)"
    if not stores.database.is_sqlite:
        name = "'msg_' || lpad(CAST(g.n AS text), 26, '0')"
    for table, key in ((messages, "id"), (recipients, "message_id"), (deliveries, "message_id")):
        others = [each.name for each in table.c if each.name != key]
        stores.change(
            f"INSERT INTO {table.name} ({key}, {', '.join(others)})"  # noqa: S608 - names of ours
            f" SELECT {name}, {', '.join(f'm.{each}' for each in others)}"
            f" FROM {table.name} AS m, {numbers} WHERE m.{key} = :first",
            count=BACKLOG,
            first=first,
        )


def _claim_and_hand_back(stores: Stores) -> Claim:
    claim = stores.claim(limit=LIMIT)
    stores.claims.hand_back(claim.id)
    return claim


@pytest.mark.parametrize("analysed", [False, True], ids=["as it comes", "analysed"])
def test_a_claim_touches_what_it_takes_whatever_the_backlog(
    stores: Stores, backend: str, *, analysed: bool
) -> None:
    """The planner may know the queue as it was before the backlog came, or after."""
    stores.accept(message(), message(key=OTHER_KEY))
    for _ in range(12):
        _claim_and_hand_back(stores)
    _grow(stores)
    if analysed:
        stores.change("ANALYZE")
    stores.accept(late := message(key=OTHER_KEY))

    claim = _claim_and_hand_back(stores)

    assert late.id in {each.message_id for each in claim.deliveries}
    if backend == "sqlite":
        assert _sqlite_steps(stores) < STEPS_A_ROW * BACKLOG
    else:
        assert _postgresql_rows(stores) < ROWS_A_CLAIM


def test_keys_take_turns_within_a_claim(stores: Stores) -> None:
    """A share is up to a hundred messages, which a slow relay takes seconds for."""
    crowd = [message() for _ in range(4)]
    few = [message(key=OTHER_KEY) for _ in range(2)]
    stores.accept(*crowd)
    stores.accept(*few)

    claim = stores.claim(limit=LIMIT)

    assert [crowd[0], few[0], crowd[1], few[1], crowd[2], crowd[3]] == [
        next(each for each in (*crowd, *few) if each.id == held.message_id)
        for held in claim.deliveries
    ]


@pytest.mark.parametrize(
    "waiting",
    [(300,), (300, 1, 1), (300, 60, 1, 0, 1), (1,) * 70, (2,) * 70, (1,) * 120, (3, 40, 40, 40)],
    ids=lambda each: f"{len(each)} keys, {sum(each)}",
)
def test_a_claim_is_full_if_as_much_is_due_whoever_has_it(
    stores: Stores, waiting: tuple[int, ...]
) -> None:
    """What some keys leave of their share goes to those that have more; none goes short of it."""
    keys = [KeyId(f"key_{number:08}") for number in range(len(waiting))]
    stores.accept(
        *(message(key=key) for key, n in zip(keys, waiting, strict=True) for _ in range(n))
    )

    claim = stores.claim(limit=LIMIT)

    assert min(LIMIT, sum(waiting)) == len(claim.deliveries)
    assert list(range(len(claim.deliveries))) == [each.place for each in claim.deliveries]
    assert claim.more == (sum(waiting) > LIMIT)
    owners = {row[0]: row[1] for row in stores.ask("SELECT id, key_id FROM messages")}
    got = Counter(owners[each.message_id] for each in claim.deliveries)
    share = LIMIT // len(waiting)
    assert all(got[key] >= min(n, share) for key, n in zip(keys, waiting, strict=True))


def test_a_round_that_comes_to_its_end_goes_on_from_the_beginning(stores: Stores) -> None:
    """Else the last claim of each round were as small as there are keys left."""
    keys = [KeyId(f"key_{number:08}") for number in range(12)]
    stores.accept(*(message(key=key) for key in keys for _ in range(3)))

    sizes = [len(stores.claim(limit=10).deliveries) for _ in range(4)]

    assert [10, 10, 10, 6] == sizes


def _sqlite_steps(stores: Stores) -> int:
    """Count the steps of SQLite's machine that a claim takes."""
    steps = count(1)

    def begin(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(lambda: next(steps) and 0, 1)

    with _listening(stores, "begin", begin):
        stores.claim(limit=LIMIT)
    return next(steps)


def _postgresql_rows(stores: Stores) -> int:
    """Count the rows of waiting deliveries that the statements of a claim read."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Connection, _cursor: Any, sql: str, values: Any, *_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        if "AS d" in sql:
            statements.append((sql, values))

    with _listening(stores, "before_cursor_execute", note):
        _claim_and_hand_back(stores)
    rows = 0.0
    with stores.database.writing() as connection:
        for sql, values in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
            rows += sum(_read(step) for step in _steps(plan.scalar_one()[0]["Plan"]))
        connection.rollback()
    return int(rows)


def _steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _steps(inner)


def _read(step: dict[str, Any]) -> float:
    if step.get("Relation Name") != "deliveries" or "Scan" not in step["Node Type"]:
        return 0
    found: float = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
    return found * float(step["Actual Loops"])


@contextmanager
def _listening(stores: Stores, name: str, note: Any) -> Iterator[None]:  # noqa: ANN401 - any event's
    engine = stores.database._engine
    event.listen(engine, name, note)
    try:
        yield
    finally:
        event.remove(engine, name, note)
