"""Erasures and workers at the same messages at once: nobody fails, and nobody waits for ever."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from pillarbox.domain.address import Address
from pillarbox.domain.ids import MessageId
from pillarbox.flows.erase import Eraser, Erasure
from pillarbox.store import erasure
from tests.contract.mail import SENT, all_settled, message
from tests.contract.stores import Stores
from tests.waiting import wait_until

ADA = Address("ada", "example.com")
MESSAGES = 4


def _erase(stores: Stores, address: Address = ADA) -> Erasure:
    return Eraser(stores.erasure, stores.revision, None).erase(address)


def _sent_to_ada(stores: Stores) -> list[MessageId]:
    sent = [message("ada@example.com", subject="Hers") for _ in range(MESSAGES)]
    stores.accept(*sent)
    claim = stores.claim()
    stores.claims.settle(claim.id, all_settled(claim, SENT))
    return sorted(each.id for each in sent)


@contextmanager
def _holding(stores: Stores, message_id: MessageId) -> Iterator[threading.Event]:
    """Hold a message's row, and take the first one's too once the event is set."""
    wants = threading.Event()
    held = threading.Event()

    def hold() -> None:
        lock = text("SELECT id FROM messages WHERE id = :id FOR UPDATE")
        first = "UPDATE messages SET status = status WHERE id = (SELECT min(id) FROM messages)"
        with stores.database.writing() as connection:
            connection.execute(lock, {"id": message_id})
            held.set()
            assert wants.wait(30)
            connection.execute(text(first))

    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(hold)
        assert held.wait(30)
        yield wants
        wants.set()
        other.result(30)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_an_erasure_does_not_wait_for_a_message_that_a_worker_settles(stores: Stores) -> None:
    """Both would wait for a row that the other has: PostgreSQL then lets one of them fail."""
    ids = _sent_to_ada(stores)

    with _holding(stores, ids[-1]) as wants, ThreadPoolExecutor(1) as threads:
        erased = threads.submit(stores.erasure.erase, ADA, ids)
        wait_until(
            lambda: erased.done() or _erased(stores) == MESSAGES - 1 or _waits(stores),
            30,
            "the others are erased",
        )
        wants.set()

        assert ids == erased.result(30)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_what_is_held_too_long_is_told_as_under_way(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller asks again; what could be erased is."""
    monkeypatch.setattr(erasure, "MAX_TRIES", 2)
    ids = _sent_to_ada(stores)

    with _holding(stores, ids[-1]):
        assert ids[:-1] == stores.erasure.erase(ADA, ids)

    assert Erasure(messages=1, under_way=0) == _erase(stores)


def test_erasures_beside_workers_all_succeed(stores: Stores) -> None:
    """Many recipients of the same messages are erased while the others are settled."""
    names = [f"r{number}" for number in range(12)]
    sent = [message(*(f"{name}@example.com" for name in names)) for _ in range(30)]
    stores.accept(*sent)
    claims = [stores.claim(limit=5) for _ in range(6)]
    random.Random(1).shuffle(claims)  # noqa: S311 - the same order in each run

    with ThreadPoolExecutor(4) as threads:
        settling = [
            threads.submit(stores.claims.settle, each.id, all_settled(each, *(SENT for _ in names)))
            for each in claims
        ]
        erasing = [threads.submit(_erase, stores, Address(name, "example.com")) for name in names]
        assert all(each.result(60).held for each in settling)
        told = [each.result(60) for each in erasing]

    assert [len(sent)] * len(names) == [each.messages + each.under_way for each in told]
    for name in names:
        _erase(stores, Address(name, "example.com"))
    assert 0 == stores.ask("SELECT count(*) FROM recipients WHERE address LIKE 'r%'")[0][0]


def _erased(stores: Stores) -> int:
    return int(stores.ask("SELECT count(*) FROM messages WHERE subject = ''")[0][0])


def _waits(stores: Stores) -> bool:
    """Whether somebody of this database waits for a lock."""
    waiting = stores.ask(
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(waiting)
