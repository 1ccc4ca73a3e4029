"""The check after an installation finds what it may not leave, and lets pass what it may."""

from contextlib import closing
from pathlib import Path

import pytest

from pillarbox.queue.budget import RedisBudgets
from pillarbox.queue.client import make_client
from pillarbox.store.migration import migrate
from tests.contract.mail import message
from tests.contract.stores import Stores
from tests.leaks import LeakError
from tests.servers import left_behind
from tests.servers.left_behind import claims_left, keys_left, leases_left, nothing_left_in
from tests.servers.redis import RedisServer


@pytest.fixture
def url(redis_server: RedisServer) -> str:
    return redis_server.database()


def test_a_claim_that_is_held_is_found(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'pillarbox.sqlite3'}"
    migrate(url)
    stores = Stores.open(url)
    stores.accept(message())
    before = claims_left(url)
    stores.claim()
    stores.database.close()

    assert [0, 1] == [before, claims_left(url)]


def test_a_key_that_stays_for_ever_is_found(url: str) -> None:
    """The broker's own and those that expire are none."""
    with closing(make_client(url)) as client:
        client.set("pillarbox.wake:default:normal", 1, ex=5)
        client.sadd("_kombu.binding.pillarbox.sweep", "x")
        nothing_left_in([url])
        client.set("pillarbox.forgotten", 1)
        with pytest.raises(LeakError, match=r"keys.*pillarbox\.forgotten"):
            nothing_left_in([url])
        client.flushdb()


def test_what_a_worker_had_taken_stays_only_if_it_was_killed(url: str) -> None:
    """One that ends in its own time acknowledges it, or gives it back."""
    with closing(make_client(url)) as client:
        client.hset("unacked", "tag", "a wake-up")
        client.zadd("unacked_index", {"tag": 1.0})
        nothing_left_in([url])

        assert ["unacked", "unacked_index"] == keys_left(url)
        assert [] == keys_left(url, killed=True)


def test_a_lease_that_is_not_given_back_is_found(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it would run out: nobody who ends in peace leaves one."""
    monkeypatch.setattr(left_behind, "GRACE", 0.05)
    with closing(RedisBudgets(url)) as budgets:
        budgets.acquire("default", "lease", 1)
        held = leases_left(url)
        with pytest.raises(LeakError, match=r"leases.*default"):
            nothing_left_in([url])
        budgets.release("default", ["lease"])
        nothing_left_in([url])

    assert [1, 0] == [held, leases_left(url)]
