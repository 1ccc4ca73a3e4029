"""A process's part of what all processes together may ask of a relay."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.relay import parse_relay_url
from pillarbox.queue.broker import BrokerAwayError
from tests.fakes.workers_relay import Hands
from tests.unit.workers.smtp.scripted_stream import ScriptedStream
from workers.access import NoPlaceError
from workers.budget import Alone, SharedConnections
from workers.rate import SharedRate
from workers.smtp.connection import Connection
from workers.smtp.timeouts import Timeouts

RELAY = replace(parse_relay_url("smtp://127.0.0.1"), max_connections=4)


class FakeBudgets:
    """Gives what it is told to, or is away."""

    def __init__(self, places: int = 100, tokens: int = 0, seconds: float = 0.5) -> None:
        self.places = places
        self.tokens = tokens
        self.seconds = seconds
        self.held: set[str] = set()
        self.renewed: list[str] = []
        self.away = False

    def acquire(self, relay: str, lease: str, most: int) -> bool:
        self._answer()
        assert (RELAY.name, RELAY.max_connections) == (relay, most)
        if len(self.held) >= self.places:
            return False
        self.held.add(lease)
        return True

    def renew(self, relay: str, leases: Iterable[str]) -> int:
        self._answer()
        self.renewed = list(leases)
        return len(self.held)

    def release(self, relay: str, leases: Iterable[str]) -> None:
        self._answer()
        self.held -= set(leases)

    def draw(self, relay: str, rate: float, want: int) -> tuple[int, float]:
        self._answer()
        drawn = min(want, self.tokens)
        self.tokens -= drawn
        return drawn, 0.0 if drawn else self.seconds

    def _answer(self) -> None:
        if self.away:
            raise BrokerAwayError("gone")


class Scene:
    """Connections that are closed when the test says so."""

    def __init__(self, budgets: FakeBudgets, workers: int = 1) -> None:
        self.budgets = budgets
        self.closed: set[int] = set()
        alone = Alone(RELAY.name, lambda: workers)
        self.shared = SharedConnections(
            RELAY, budgets, alone, closed=lambda connection: id(connection) in self.closed
        )
        self.open = self.shared.opening(_dial)


def _dial() -> Connection:
    return Connection(ScriptedStream(), "relay.test:25", Timeouts())


@pytest.fixture
def make_scene() -> Iterator[Callable[..., Scene]]:
    """Make scenes that let go of everything at the test's end."""
    with ExitStack() as closing:

        def make(budgets: FakeBudgets, workers: int = 1) -> Scene:
            scene = Scene(budgets, workers)
            closing.callback(scene.shared.close)
            return scene

        yield make


def test_a_connection_holds_a_place_until_it_is_closed(make_scene: Callable[..., Scene]) -> None:
    """Idle ones too: the relay counts them."""
    scene = make_scene(FakeBudgets())
    kept, gone = scene.open(), scene.open()

    scene.closed.add(id(gone))
    scene.shared.look_after()

    assert kept is not None
    assert 1 == len(scene.budgets.held)
    assert scene.budgets.held == set(scene.budgets.renewed)


def test_without_a_place_nothing_is_dialled(make_scene: Callable[..., Scene]) -> None:
    """And nothing is kept of it."""
    scene = make_scene(FakeBudgets(places=1))
    scene.open()

    with pytest.raises(NoPlaceError):
        scene.open()

    assert 1 == len(scene.budgets.held)


def test_a_place_whose_dialling_fails_is_given_back(make_scene: Callable[..., Scene]) -> None:
    """Ten thousand failures leak nothing."""
    budgets = FakeBudgets()
    scene = make_scene(budgets)

    def fail() -> Connection:
        raise OSError("no route")

    for _ in range(10):
        with pytest.raises(OSError, match="no route"):
            scene.shared.opening(fail)()

    assert set() == budgets.held


def test_a_closed_connections_place_serves_the_next(make_scene: Callable[..., Scene]) -> None:
    """A lease changes its worn connection within the budget."""
    scene = make_scene(FakeBudgets(places=1))
    scene.closed.add(id(scene.open()))

    scene.open()

    assert 1 == len(scene.budgets.held)


def test_at_the_end_everything_is_given_back(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(FakeBudgets())
    scene.open()

    scene.shared.close()

    assert set() == scene.budgets.held


def test_while_the_budget_is_away_a_process_keeps_to_its_share_and_says_so_once(
    make_scene: Callable[..., Scene],
) -> None:
    """Four connections among two processes; when it is back, what is open counts."""
    scene = make_scene(FakeBudgets(), workers=2)
    scene.budgets.away = True

    with capture_logs() as logs:
        opened = [scene.open(), scene.open()]
        with pytest.raises(NoPlaceError):
            scene.open()
        scene.budgets.away = False
        scene.shared.look_after()

    assert ["relay_budget_away", "relay_budget_back"] == [each["event"] for each in logs]
    assert len(opened) == len(scene.budgets.renewed)


def test_a_share_is_one_at_least(make_scene: Callable[..., Scene]) -> None:
    """Of more processes than connections each still delivers."""
    scene = make_scene(FakeBudgets(), workers=40)
    scene.budgets.away = True

    assert scene.open() is not None


def _rate(budgets: FakeBudgets, *, ends: bool = False) -> tuple[SharedRate, Hands, list[float]]:
    clock, waits = Hands(), list[float]()

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        clock.now += seconds
        budgets.tokens += 1
        return ends

    alone = Alone("default", lambda: 2)
    return SharedRate("default", 10.0, budgets, alone, wait=wait, monotonic=clock), clock, waits


def test_what_the_rate_allows_is_granted_at_once() -> None:
    rate, _, waits = _rate(FakeBudgets(tokens=7))

    assert [5, 2] == [rate.grant(5), rate.grant(5)]
    assert [] == waits


def test_for_the_first_token_it_waits_a_little() -> None:
    """Rather than leave the connection, and come again with the sweep."""
    rate, _, waits = _rate(FakeBudgets(seconds=0.1))

    assert 1 == rate.grant(5)
    assert [0.1] == waits


@pytest.mark.parametrize(("seconds", "ends"), [(5.0, False), (0.1, True)])
def test_it_waits_no_longer_than_that_and_not_when_the_process_ends(
    seconds: float, *, ends: bool
) -> None:
    rate, _, _ = _rate(FakeBudgets(seconds=seconds), ends=ends)

    assert 0 == rate.grant(5)


def test_what_was_not_needed_goes_back() -> None:
    budgets = FakeBudgets(tokens=7)
    rate, _, _ = _rate(budgets)

    rate.give_back(rate.grant(5))

    assert 7 == budgets.tokens


def test_while_the_budget_is_away_a_process_keeps_to_its_share_of_the_rate() -> None:
    """Ten a second, of two processes: five."""
    budgets = FakeBudgets()
    budgets.away = True
    rate, clock, _ = _rate(budgets)

    clock.now += 10
    first = rate.grant(100)
    clock.now += 0.5

    assert [5, 2] == [first, rate.grant(100)]
