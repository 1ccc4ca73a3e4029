"""What a worker does with a task: flag first, then a place, then the mail."""

import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.sweep import SweepResult
from pillarbox.queue.payload import encode_route
from tests.fakes.workers_relay import Hands
from workers.admission import Admission
from workers.runtime import Runtime

ROUTE = Route("default", Lane.NORMAL)
HIGH = Route("default", Lane.HIGH)


class _Diary:
    """Everything that the runtime asked for, in order."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, object]] = []
        self.gathers = False
        self.received = 0

    def gather(self, route: Route) -> None:
        if self.gathers:
            self.entries.append(("gather", route))

    def forget(self, route: Route) -> None:
        self.entries.append(("forget", route))

    def swept(self, result: SweepResult, seconds: float) -> None:
        self.entries.append(("swept", (result, seconds)))

    def feel(self) -> None:
        self.entries.append(("feel", None))

    def store_away(self) -> None:
        self.entries.append(("store_away", None))

    def wake_received(self) -> None:
        self.received += 1

    def deliver(self, errand: Errand) -> bool:
        self.entries.append(("deliver", errand.route))
        return False


def _runtime(
    diary: _Diary,
    *,
    places: int = 1,
    deliver: Callable[[Errand], bool] | None = None,
    sweep: Callable[[], SweepResult] = lambda: SweepResult(0, 0, 0),
    purge: Callable[[], None] = lambda: None,
    dispatch: Callable[[Route], list[Errand]] = lambda route: [Errand.usual(route)],
) -> Runtime:
    return Runtime(
        flags=diary,
        admission=Admission({"default": places}, 12),
        gather=diary.gather,
        dispatch=dispatch,
        deliver=deliver or diary.deliver,
        sweep=sweep,
        purge=purge,
        feel=diary.feel,
        observer=diary,
        monotonic=Hands(),
    )


def test_the_flag_is_dropped_before_anything_is_claimed() -> None:
    """What is committed after the claim must find no flag, so that it wakes again."""
    diary = _Diary()

    _runtime(diary).deliver(encode_route(ROUTE))

    assert [("forget", ROUTE), ("deliver", ROUTE)] == diary.entries


def test_what_gathers_needs_no_wake_up_meanwhile() -> None:
    """The flag stays until the pause is over: under load that is most of what is not published."""
    diary = _Diary()
    diary.gathers = True

    _runtime(diary).deliver(encode_route(ROUTE))

    assert [("gather", ROUTE), ("forget", ROUTE), ("deliver", ROUTE)] == diary.entries


@pytest.mark.parametrize("payload", [{"v": 99, "relay": "default", "lane": "normal"}, None, 7])
def test_a_payload_of_another_version_is_refused_in_one_line(payload: object) -> None:
    """The flag stays as it is too: whoever understands the payload drops it."""
    diary = _Diary()

    with capture_logs() as logs:
        _runtime(diary).deliver(payload)

    assert [] == diary.entries
    assert [("payload_refused", "warning")] == [(line["event"], line["log_level"]) for line in logs]


def test_a_wake_up_for_a_busy_relay_returns_at_once_and_is_carried_by_who_is_there() -> None:
    """One thread per place; nobody waits, and nothing is forgotten."""
    diary = _Diary()

    def deliver(errand: Errand) -> bool:
        diary.deliver(errand)
        if len(diary.entries) == 2:  # in the middle of the first: two more wake-ups, of two lanes
            runtime.deliver(encode_route(ROUTE))
            runtime.deliver(encode_route(HIGH))
        return False

    runtime = _runtime(diary, deliver=deliver)
    runtime.deliver(encode_route(ROUTE))

    carried = [route for event, route in diary.entries if event == "deliver"]
    assert [ROUTE, HIGH, ROUTE] == carried


def test_a_backlog_that_gave_way_is_gone_on_with_after_those_it_gave_way_to() -> None:
    """Nothing wakes it again but who carried the others."""
    diary = _Diary()

    def deliver(errand: Errand) -> bool:
        diary.deliver(errand)
        if len(diary.entries) > 2:
            return False
        runtime.deliver(encode_route(HIGH))
        return True

    runtime = _runtime(diary, deliver=deliver)
    runtime.deliver(encode_route(ROUTE))

    carried = [route for event, route in diary.entries if event == "deliver"]
    assert [ROUTE, HIGH, ROUTE] == carried


def test_a_store_that_is_away_ends_the_task_quietly() -> None:
    """The sweep comes again when the store does; a traceback for each task says nothing more."""
    diary = _Diary()

    def deliver(_errand: Errand) -> bool:
        raise StoreUnavailableError

    runtime = _runtime(diary, deliver=deliver)
    runtime.deliver(encode_route(ROUTE))
    runtime.deliver(encode_route(ROUTE))

    assert ["forget", "store_away"] * 2 == [event for event, _ in diary.entries]


def test_a_place_is_given_back_whatever_happens() -> None:
    """A mistake of ours must not cost a connection for ever."""
    diary = _Diary()
    mistakes = [ZeroDivisionError()]

    def deliver(errand: Errand) -> bool:
        if mistakes:
            raise mistakes.pop()
        return diary.deliver(errand)

    runtime = _runtime(diary, deliver=deliver)
    with pytest.raises(ZeroDivisionError):
        runtime.deliver(encode_route(ROUTE))
    runtime.deliver(encode_route(ROUTE))

    assert ("deliver", ROUTE) == diary.entries[-1]


def test_a_sweep_is_told_with_what_it_found() -> None:
    """Dead claims are an operator's business."""
    diary = _Diary()
    found = SweepResult(1, 2, 3)

    _runtime(diary, sweep=lambda: found).sweep()

    assert [("swept", (found, 0.0))] == diary.entries


def test_one_sweep_at_a_time() -> None:
    """A slow store must not be asked by all threads for the same."""
    diary = _Diary()
    begun, go_on = threading.Event(), threading.Event()

    def sweep() -> SweepResult:
        begun.set()
        assert go_on.wait(10)
        return SweepResult(0, 0, 0)

    runtime = _runtime(diary, sweep=sweep)
    first = threading.Thread(target=runtime.sweep)
    first.start()
    assert begun.wait(10)
    runtime.sweep()
    skipped = list(diary.entries)
    go_on.set()
    first.join()

    assert [] == skipped
    assert 1 == len(diary.entries)


def test_a_sweep_that_failed_does_not_keep_the_next_one_back() -> None:
    """The store was away for a moment."""
    diary = _Diary()
    failures = [StoreUnavailableError()]

    def sweep() -> SweepResult:
        if failures:
            raise failures.pop()
        return SweepResult(0, 0, 0)

    runtime = _runtime(diary, sweep=sweep)
    runtime.sweep()
    runtime.sweep()

    assert ["store_away", "swept"] == [event for event, _ in diary.entries]


def test_every_errand_of_a_route_is_gone_on() -> None:
    """Several relays may stand in, each for its own part."""
    diary = _Diary()
    over = []

    def deliver(errand: Errand) -> bool:
        over.append(errand.over)
        return False

    errands = [Errand(ROUTE, name, (name,)) for name in ("a", "b")]
    _runtime(diary, deliver=deliver, dispatch=lambda _: errands).deliver(encode_route(ROUTE))

    assert ["a", "b"] == over


def test_a_store_that_is_away_when_errands_are_asked_for_ends_the_task_quietly() -> None:
    """The next sweep asks again."""
    diary = _Diary()

    def dispatch(_route: Route) -> list[Errand]:
        raise StoreUnavailableError

    _runtime(diary, dispatch=dispatch).deliver(encode_route(ROUTE))

    assert ["forget", "store_away"] == [event for event, _ in diary.entries]


def test_a_sweep_is_not_held_up_by_one_that_still_forgets_what_is_old() -> None:
    """Retries and dead claims wait for sweeps; what is to be forgotten may wait."""
    diary = _Diary()
    swept_meanwhile: list[int] = []

    def purge() -> None:
        swept = sum(name == "swept" for name, _ in diary.entries)
        if swept < 2:
            runtime.sweep()  # as another thread's task would
        swept_meanwhile.append(swept)

    runtime = _runtime(diary, purge=purge)
    runtime.sweep()

    assert [1] == swept_meanwhile
    assert 2 == sum(name == "swept" for name, _ in diary.entries)
