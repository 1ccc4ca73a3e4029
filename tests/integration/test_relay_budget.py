"""The budgets of a relay over a real Redis: many processes, one limit, no leaks."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from pillarbox.domain.relay import parse_relay_url
from pillarbox.queue.broker import BrokerAwayError
from pillarbox.queue.budget import RedisBudgets, connections_key, rate_key
from pillarbox.queue.client import make_client
from tests.ports import LOOPBACK, free_port
from tests.scripted_smtp import ScriptedServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until
from workers.access import NoPlaceError
from workers.budget import Alone, SharedConnections, is_closed
from workers.pools import Dial, make_pool
from workers.smtp.connection import Connection

pytestmark = pytest.mark.real

MOST = 10


@pytest.fixture
def url(redis_server: RedisServer) -> str:
    return redis_server.database()


@pytest.fixture
def budgets(url: str) -> Iterator[RedisBudgets]:
    with closing(RedisBudgets(url)) as budgets:
        yield budgets


def _held(url: str) -> int:
    with closing(make_client(url)) as client:
        return int(client.zcard(connections_key("default")))


def test_many_processes_never_have_more_connections_than_there_may_be(url: str) -> None:
    """Forty of them, each opening and closing: those that are open are counted at each opening."""
    counting, opened, counts = threading.Lock(), list[Connection](), list[int]()
    with ScriptedServer() as server:
        relay = replace(parse_relay_url(f"smtp://{LOOPBACK}:{server.port}"), max_connections=MOST)

        def counted(dial: Dial) -> Dial:
            def dial_and_count() -> Connection:
                connection = dial()
                with counting:
                    opened.append(connection)
                    counts.append(sum(not is_closed(each) for each in opened))
                return connection

            return dial_and_count

        def pod() -> None:
            with closing(RedisBudgets(url)) as own:
                shared = SharedConnections(relay, own, Alone("default", lambda: 40))
                for _ in range(5):
                    pool = make_pool(relay, None, lambda dial: shared.opening(counted(dial)))
                    with contextlib.suppress(NoPlaceError):
                        lease = pool.checkout()
                        assert lease is not None
                        lease.release()
                    pool.close_all()
                shared.close()

        pods = [threading.Thread(target=pod) for _ in range(40)]
        for each in pods:
            each.start()
        for each in pods:
            each.join()

    assert 1 < max(counts) <= MOST
    assert 0 == _held(url)


def test_no_more_places_are_given_than_there_are(url: str, budgets: RedisBudgets) -> None:
    """However many ask at the same time."""
    taken: list[str] = []

    def ask(name: str) -> None:
        if budgets.acquire("default", name, MOST):
            taken.append(name)

    threads = [threading.Thread(target=ask, args=(f"lease-{number}",)) for number in range(50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert MOST == len(taken) == _held(url)
    budgets.release("default", taken)
    assert 0 == _held(url)


def test_the_places_of_a_process_that_died_come_back(
    url: str, budgets: RedisBudgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody renews them; those of the living are renewed."""
    monkeypatch.setattr("pillarbox.queue.budget.LEASE_MILLISECONDS", 150)
    assert budgets.acquire("default", "dead", 2)
    assert budgets.acquire("default", "living", 2)

    def given() -> bool:
        budgets.renew("default", ["living"])
        return budgets.acquire("default", "next", 2)

    wait_until(given)

    assert not budgets.acquire("default", "one more", 2)
    assert 2 == _held(url)


def test_what_redis_has_forgotten_counts_again_when_it_is_renewed(
    url: str, budgets: RedisBudgets
) -> None:
    """The connections are open: nobody else may open theirs."""
    leases = [f"lease-{number}" for number in range(3)]
    with closing(make_client(url)) as client:
        client.flushdb()
    budgets.renew("default", leases)

    assert not budgets.acquire("default", "another", 3)


def test_a_rate_is_a_seconds_worth_and_what_time_brings(url: str, budgets: RedisBudgets) -> None:
    """By the server's clock; what was not needed goes back."""
    first, _ = budgets.draw("default", 5.0, 100)
    nothing, seconds = budgets.draw("default", 0.5, 100)
    budgets.draw("default", 5.0, -2)
    again, _ = budgets.draw("default", 5.0, 100)

    assert (5, 0) == (first, nothing)
    assert 0 < seconds <= 2
    assert again >= 1
    with closing(make_client(url)) as client:
        assert client.pttl(rate_key("default")) > 0


def test_a_redis_that_is_away_says_so_at_once() -> None:
    """Who asks falls back to its share."""
    with closing(RedisBudgets(f"redis://{LOOPBACK}:{free_port()}/0")) as budgets:
        with pytest.raises(BrokerAwayError):
            budgets.acquire("default", "one", 1)
        with pytest.raises(BrokerAwayError):
            budgets.renew("default", ["one"])
        with pytest.raises(BrokerAwayError):
            budgets.release("default", ["one"])
        with pytest.raises(BrokerAwayError):
            budgets.draw("default", 1.0, 1)
