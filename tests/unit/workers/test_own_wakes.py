"""Mail goes on without the broker: a worker looks for it, and wakes its own threads."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from tests.waiting import wait_until
from workers import own_wakes
from workers.own_wakes import OwnWakes

ROUTE = Route("default", Lane.NORMAL)


class _Work:
    """What is done with a wake-up, and how often is swept; `go` lets carrying end."""

    def __init__(self) -> None:
        self.carried: list[Route] = []
        self.sweeps = 0
        self.away = False
        self.go = threading.Event()
        self.go.set()

    def sweep(self) -> None:
        self.sweeps += 1

    def carry(self, route: Route) -> None:
        self.carried.append(route)
        self.go.wait(20)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_wakes, "LOOK_SECONDS", 0.01)


@pytest.fixture
def work() -> _Work:
    return _Work()


@pytest.fixture
def wakes(work: _Work) -> Iterator[OwnWakes]:
    with closing(OwnWakes(lambda: work.away, threads=2)) as made:
        made.start(sweep=work.sweep, carry=work.carry)
        yield made
        work.go.set()


def test_nobody_sweeps_while_the_broker_is_there(work: _Work) -> None:
    """The scheduler's sweeps come by it; each worker's own would be so many more."""
    looks: list[bool] = []

    def away() -> bool:
        looks.append(False)
        return False

    with closing(OwnWakes(away, threads=2)) as wakes:
        wakes.start(sweep=work.sweep, carry=work.carry)
        wait_until(lambda: len(looks) > 2, 20, "it has looked")

        assert [0, False] == [work.sweeps, wakes.alone]


def test_a_worker_whose_broker_is_away_sweeps_itself_until_it_is_back(
    wakes: OwnWakes, work: _Work
) -> None:
    """And shows that it does."""
    work.away = True
    wait_until(lambda: work.sweeps > 1, 20, "it sweeps again and again")
    assert wakes.alone

    work.away = False
    wait_until(lambda: not wakes.alone, 20, "it is no longer alone")


def test_a_wake_up_that_nobody_took_is_carried_here(wakes: OwnWakes, work: _Work) -> None:
    """Celery's threads hear of nothing but by the broker."""
    wakes.wake(ROUTE)

    wait_until(lambda: work.carried == [ROUTE], 20, "it is carried")


def test_wake_ups_that_wait_for_a_thread_are_one(wakes: OwnWakes, work: _Work) -> None:
    """But one that comes once carrying has begun is news: it may be of what was due since."""
    work.go.clear()
    for begun in (1, 2):
        wakes.wake(ROUTE)
        wait_until(lambda: len(work.carried) == begun, 20, "it is carried")  # noqa: B023 - at once
    for _ in range(5):
        wakes.wake(ROUTE)
    work.go.set()

    wait_until(lambda: len(work.carried) == 3, 20, "the last is carried")
    wakes.close()
    assert 3 * [ROUTE] == work.carried


def test_nothing_is_carried_before_the_start_and_after_the_end(work: _Work) -> None:
    """A process that ends has told its batches to end; a new one would be cut off."""
    made = OwnWakes(lambda: True, threads=2)
    made.wake(ROUTE)
    made.start(sweep=work.sweep, carry=work.carry)
    made.close()
    made.wake(ROUTE)

    assert [] == work.carried


def test_only_the_lanes_that_a_worker_takes_are_carried(work: _Work) -> None:
    """The others have workers of their own, who look as well."""
    low = Route("default", Lane.LOW)
    with closing(OwnWakes(lambda: False, 2, [Lane.LOW])) as wakes:
        wakes.start(sweep=work.sweep, carry=work.carry)
        wakes.wake(ROUTE)
        wakes.wake(low)
        wait_until(lambda: work.carried == [low], 20, "the lane that it takes is carried")
