"""The store that the scale is measured on is a store, and the measurement asks what it says."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bench.scale.filling import fill, message_id, tag, waits
from bench.scale.measuring import PAGE, measure
from bench.scale.picture import draw
from pillarbox.domain.ids import MESSAGE_PREFIX, MessageId, is_type_id
from pillarbox.flows.ports.reading import MessageFilter
from pillarbox.store.engine import Database
from pillarbox.store.migration import migrate
from pillarbox.store.reading import SqlMessageReader

SIZE = 1500


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Fill a store in two steps."""
    made = f"sqlite:///{tmp_path_factory.mktemp('scale') / 'store.sqlite3'}"
    migrate(made)
    fill(made, range(1000))
    fill(made, range(1000, SIZE))
    return made


def test_a_filled_store_reads_as_one_that_was_lived_in(url: str) -> None:
    """By the product's own code, so that what is measured is what an installation has."""
    database = Database(url)
    reader = SqlMessageReader(database)
    waiting, done = 0, 1391
    first = reader.messages(MessageFilter(), limit=PAGE, before=None)
    tagged = reader.messages(MessageFilter(tags=(tag(SIZE - 1),)), limit=PAGE, before=None)
    views = [reader.message(MessageId(message_id(number)), None) for number in (waiting, done)]
    attempts = [reader.attempts(MessageId(message_id(number)), None) for number in (waiting, done)]
    database.close()

    assert [message_id(number) for number in range(SIZE - 1, SIZE - 1 - PAGE, -1)] == [
        view.id for view in first
    ]
    assert 20 == len(tagged)
    assert ["queued", "failed"] == [view.status for view in views if view]
    assert [0, 1] == [len(each or ()) for each in attempts]


def test_what_waits_is_in_the_backlog_and_nothing_else(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        backlog = connection.execute(text("SELECT count(*) FROM deliveries")).scalar_one()
    engine.dispose()

    assert sum(map(waits, range(SIZE))) == backlog


def test_ids_are_in_the_order_of_their_numbers() -> None:
    ids = [message_id(number) for number in (0, 1, 999_999, 2_000_000)]

    assert sorted(ids) == ids
    assert all(is_type_id(each, MESSAGE_PREFIX) for each in ids)


def test_every_operation_is_measured_and_drawn(url: str, tmp_path: Path) -> None:
    times = measure(url, SIZE)
    picture = tmp_path / "scale.png"

    draw({"sqlite": {SIZE: times, 2 * SIZE: times}}, picture)

    assert {"accept 50", "claim 50", "settle 50", "status query", "by tag"} <= set(times)
    assert all(milliseconds > 0 for milliseconds in times.values())
    assert picture.read_bytes().startswith(b"\x89PNG")
