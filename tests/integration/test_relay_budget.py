"""The budgets of a relay over a real Redis: many processes, one limit, no leaks."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.relay import parse_relay_url
from pillarbox.queue.broker import BrokerAwayError
from pillarbox.queue.budget import RedisBudgets, connections_key, rate_key
from pillarbox.queue.client import make_client
from tests.ports import LOOPBACK, free_port
from tests.scripted_smtp import ScriptedServer
from tests.servers.installation import clean_environment
from tests.servers.redis import RedisServer
from tests.waiting import wait_until
from workers.access import NoPlaceError
from workers.budget import Alone, SharedConnections
from workers.pools import make_endpoint
from workers.smtp.opening import Opener

pytestmark = pytest.mark.real

MOST = 10

TCP_ESTABLISHED = 1
"""As the system numbers it; every other state has an end in it."""


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


class CountingServer(ScriptedServer):
    """Counts, whenever somebody comes, how many are connected by the system's word."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self._connected: list[socket.socket] = []
        super().__init__()

    def _welcome(self, connection: socket.socket) -> None:
        self._connected = [each for each in (*self._connected, connection) if _is_up(each)]
        self.counts.append(len(self._connected))
        super()._welcome(connection)


def _is_up(connection: socket.socket) -> bool:
    """Whether no end has come from either side."""
    try:
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    except OSError:
        return False  # the server has closed it
    return state[0] == TCP_ESTABLISHED


def test_forty_pods_with_twenty_threads_never_have_more_connections_than_a_relay_allows(
    url: str,
) -> None:
    """Each pod is a process of its own; the relay counts, and at the end every lease is back."""
    with CountingServer() as server:
        done = subprocess.run(
            [sys.executable, "-m", "tests.integration.relay_pods", server.url, str(MOST), url],
            check=False,
            capture_output=True,
            text=True,
            env=clean_environment(),
            timeout=100,
        )

    assert (0, "") == (done.returncode, done.stderr)
    assert len(server.counts) > 40
    assert 1 < max(server.counts) <= MOST
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
    budgets.release("default", ["living", "next"])


def test_what_redis_has_forgotten_counts_again_when_it_is_renewed(
    url: str, budgets: RedisBudgets
) -> None:
    """The connections are open: nobody else may open theirs."""
    leases = [f"lease-{number}" for number in range(3)]
    with closing(make_client(url)) as client:
        client.flushdb()
    budgets.renew("default", leases)

    assert not budgets.acquire("default", "another", 3)
    budgets.release("default", leases)


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


def test_while_redis_is_away_each_process_keeps_to_its_share_and_says_so() -> None:
    """A quarter of ten among four; when it is back, what is open counts there."""
    with closing(RedisServer()) as redis, ExitStack() as open_ones, ScriptedServer() as server:
        relay = replace(parse_relay_url(server.url), max_connections=MOST)
        budgets = open_ones.enter_context(closing(RedisBudgets(redis.url)))
        shared = SharedConnections(relay, budgets, Alone("default", lambda: 4))
        dial = shared.opening(Opener(make_endpoint(relay, None)))
        redis.kill()

        with capture_logs() as logs:
            for _ in range(2):
                open_ones.callback(dial().quit)
            with pytest.raises(NoPlaceError):
                dial()
            redis.restart()
            shared.look_after()

        assert ["relay_budget_away", "relay_budget_back"] == [each["event"] for each in logs]
        assert 2 == _held(redis.url)
        shared.close()
        assert 0 == _held(redis.url)


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
