"""Wake-ups against a broker of our own making: the order of things, and nobody waits."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.queue.broker import BrokerAwayError
from pillarbox.queue.publish import MAX_WAITING, CeleryWaker
from tests.fakes.workers_broker import CountedWakes, FakeBroker
from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[4]
ROUTE = Route("default", Lane.NORMAL)
OTHER = Route("default", Lane.HIGH)

AT_ONCE = 0.05
"""Seconds; a hand-over takes microseconds, a broker behind a black hole 300 ms at the least."""


def test_the_flag_is_raised_before_the_wake_up_is_published() -> None:
    """A consumer that is fast must find the flag there to drop."""
    broker = FakeBroker()

    with closing(CeleryWaker(broker, flag_seconds=1)) as waker:
        waker.wake(ROUTE)

    assert [("raise_flag", ROUTE), ("publish", ROUTE)] == broker.calls


def test_what_a_deaf_process_publishes_is_carried_by_itself_too() -> None:
    """Others may hear it; this one would not."""
    broker = FakeBroker()
    carried: list[Route] = []
    deaf = False
    waker = CeleryWaker(broker, flag_seconds=1, stand_in=carried.append, deaf=lambda: deaf)
    with closing(waker):
        waker.wake(ROUTE)
        wait_until(lambda: ("publish", ROUTE) in broker.calls)
        deaf = True
        waker.wake(OTHER)
        wait_until(lambda: ("publish", OTHER) in broker.calls)

    assert [OTHER] == carried


def test_the_flag_lives_as_long_as_a_sweep() -> None:
    """A wake-up that is lost must not keep the next one back for longer than the sweep would."""
    broker = FakeBroker()

    with closing(CeleryWaker(broker, flag_seconds=0.25)) as waker:
        waker.wake(ROUTE)

    assert {250} == broker.flag_milliseconds


def test_while_a_wake_up_is_pending_no_other_is_published() -> None:
    """A hundred messages committed one after another cost one task."""
    broker = FakeBroker()
    broker.flags.add(ROUTE)

    with closing(CeleryWaker(broker, flag_seconds=1)) as waker:
        waker.wake(ROUTE)

    assert [] == broker.published


def test_each_route_has_a_flag_of_its_own() -> None:
    """Lane high is not kept waiting by a wake-up for lane normal."""
    broker = FakeBroker()
    broker.flags.add(ROUTE)

    with closing(CeleryWaker(broker, flag_seconds=1)) as waker:
        waker.wake(OTHER)

    assert [OTHER] == broker.published


def test_what_the_broker_does_not_take_is_given_to_who_stands_in() -> None:
    """A worker carries it itself; what was taken is carried by whoever hears it."""
    stood_in: list[Route] = []
    for away in ((), ("raise_flag",), ("publish",)):
        broker = FakeBroker(away=away)
        with closing(CeleryWaker(broker, flag_seconds=1, stand_in=stood_in.append)) as waker:
            waker.wake(ROUTE if "publish" in away else OTHER)

    assert [OTHER, ROUTE] == stood_in


def test_insisting_publishes_in_spite_of_the_flag() -> None:
    """The wake-up that the flag promises may have been lost with the broker's memory."""
    broker = FakeBroker()
    broker.flags.add(ROUTE)

    with closing(CeleryWaker(broker, flag_seconds=1)) as waker:
        waker.insist(ROUTE)

    assert [ROUTE] == broker.published


def test_a_flag_whose_wake_up_could_not_be_published_is_dropped() -> None:
    """Else it would keep back the next wake-up for nothing."""
    broker = FakeBroker(away=("publish",))

    with closing(CeleryWaker(broker, flag_seconds=1)) as waker:
        waker.wake(ROUTE)

    assert [("raise_flag", ROUTE), ("publish", ROUTE), ("drop_flag", ROUTE)] == broker.calls
    assert set() == broker.flags


def test_routes_that_wait_for_the_thread_are_coalesced() -> None:
    """While the broker is slow, a thousand commits leave one wake-up waiting, not a thousand."""
    broker = FakeBroker(stuck=True)

    with closing(CeleryWaker(broker, flag_seconds=1)) as waker:
        for _ in range(1000):
            waker.wake(ROUTE)
        waker.insist(OTHER)
        waker.wake(OTHER)
        broker.release()

    assert len([name for name, route in broker.calls if name == "raise_flag"]) <= 3
    assert 1 == broker.published.count(ROUTE)
    assert 1 == broker.published.count(OTHER)


def test_wake_ups_that_come_one_by_one_are_gathered() -> None:
    """The first leaves at once; a thousand that follow ask the broker once more, not each."""
    broker = FakeBroker()

    with closing(CeleryWaker(broker, flag_seconds=1, rest_seconds=60)) as waker:
        waker.wake(ROUTE)
        wait_until(lambda: broker.published)
        for _ in range(1000):
            waker.wake(ROUTE)

    assert 2 == len([name for name, route in broker.calls if name == "raise_flag"])


def test_a_full_queue_is_not_added_to() -> None:
    """With no worker there for a weekend, the broker's memory does not fill with wake-ups."""
    broker = FakeBroker(waiting=MAX_WAITING)

    with closing(CeleryWaker(broker, flag_seconds=1)) as waker:
        waker.insist(ROUTE)

    assert [] == broker.published


def test_what_waits_is_published_before_closing() -> None:
    """A process that ends in good order leaves no message to the sweep."""
    broker = FakeBroker(stuck=True)
    waker = CeleryWaker(broker, flag_seconds=1)
    waker.wake(ROUTE)
    waker.wake(OTHER)
    broker.release()

    waker.close()

    assert [ROUTE, OTHER] == broker.published
    assert broker.closed


def test_after_closing_a_wake_up_is_nothing() -> None:
    """The sweep wakes; a late thread must not find an error."""
    broker = FakeBroker()
    waker = CeleryWaker(broker, flag_seconds=1)
    waker.close()

    waker.wake(ROUTE)

    assert [] == broker.calls


def test_an_outage_is_logged_once_and_its_end_too() -> None:
    """A line for each message would bury the one that matters."""
    broker = FakeBroker(away=("raise_flag", "drop_flag"))
    counts = CountedWakes()

    with (
        capture_logs() as logs,
        closing(CeleryWaker(broker, flag_seconds=1, counts=counts)) as waker,
    ):
        for _ in range(3):
            dropped = counts.counts["dropped"]
            waker.wake(ROUTE)
            wait_until(partial(_more_than, dropped, counts))
        waker.forget(ROUTE)
        broker.away = ()
        waker.wake(ROUTE)

    assert ["broker_away", "broker_back"] == [line["event"] for line in logs]
    assert {"dropped": 3, "published": 1} == counts.counts


def test_a_ping_says_what_is_wrong() -> None:
    """Readiness asks through it."""
    with (
        closing(CeleryWaker(FakeBroker(away=("ping",)), flag_seconds=1)) as waker,
        pytest.raises(BrokerAwayError),
    ):
        waker.ping()


def test_nobody_waits_for_a_broker_that_refuses() -> None:
    """The caller is a request that was committed already."""
    counts = CountedWakes()
    url = f"redis://127.0.0.1:{free_port()}/0"

    with capture_logs(), closing(CeleryWaker.at(url, flag_seconds=1, counts=counts)) as waker:
        began = time.monotonic()
        waker.wake(ROUTE)
        took = time.monotonic() - began
        wait_until(lambda: counts.counts["dropped"])

    assert took < AT_ONCE


def test_nobody_waits_for_a_broker_behind_a_black_hole() -> None:
    """A connection that is neither taken nor refused costs the thread its timeout, no caller."""
    counts = CountedWakes()

    with (
        _black_hole() as port,
        capture_logs(),
        closing(
            CeleryWaker.at(f"redis://127.0.0.1:{port}/0", flag_seconds=1, counts=counts)
        ) as waker,
    ):
        took = 0.0
        for _ in range(100):
            began = time.monotonic()
            waker.wake(ROUTE)
            took = max(took, time.monotonic() - began)
        wait_until(lambda: counts.counts["dropped"])

    assert took < AT_ONCE


def _more_than(dropped: int, counts: CountedWakes) -> bool:
    return counts.counts["dropped"] > dropped


@contextmanager
def _black_hole() -> Iterator[int]:
    """Hold a port whose queue of connections is full, so that further ones get no answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        try:
            yield listener.getsockname()[1]
        finally:
            for caller in callers:
                caller.close()


def test_a_process_that_forked_has_a_thread_of_its_own() -> None:
    """Gunicorn forks after the app was made; a thread does not come along."""
    code = (
        "import os, sys\n"
        "from tests.fakes.workers_broker import FakeBroker\n"
        "from pillarbox.queue.publish import CeleryWaker\n"
        "from tests.unit.pillarbox.queue.test_publish import ROUTE\n"
        "broker = FakeBroker()\n"
        "waker = CeleryWaker(broker, flag_seconds=1)\n"
        "pid = os.fork()\n"
        "waker.wake(ROUTE)\n"
        "waker.close()\n"
        "if pid:\n"
        "    assert os.waitpid(pid, 0)[1] == 0\n"
        "assert broker.published == [ROUTE]\n"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, timeout=20)

    assert 0 == done.returncode
