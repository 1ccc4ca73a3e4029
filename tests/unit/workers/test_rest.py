"""A relay that failed is left alone for a while, and then asked by one thread at a time."""

from structlog.testing import capture_logs

from tests.fakes.workers_relay import Hands, RelayWatch
from workers.rest import FIRST_PAUSE, LONGEST_PAUSE, Rest


def _rest() -> tuple[Rest, Hands, RelayWatch]:
    clock, watch = Hands(), RelayWatch()
    return Rest("default", clock, watch), clock, watch


def test_a_relay_that_never_failed_may_be_tried_by_everybody() -> None:
    """The usual case costs nothing."""
    rest, _, watch = _rest()

    assert [True, True] == [rest.may_try(), rest.may_try()]
    assert [] == watch.rests


def test_a_relay_that_failed_rests() -> None:
    """Else each wake-up would knock at a closed door."""
    rest, clock, watch = _rest()

    rest.failed("connect: connect_refused", "no")
    clock.now += FIRST_PAUSE - 0.01

    assert not rest.may_try()
    assert [True] == watch.rests
    assert "connect: connect_refused" == rest.reason


def test_after_the_rest_one_thread_tries() -> None:
    """The others must not queue up behind a relay that may hang."""
    rest, clock, _ = _rest()
    rest.failed("connect: connect_timeout", "no")

    clock.now += FIRST_PAUSE

    assert [True, False, False] == [rest.may_try() for _ in range(3)]


def test_each_failure_doubles_the_pause_to_its_longest() -> None:
    """1, 2, 4, 8, 16, 30, 30 seconds."""
    rest, clock, _ = _rest()
    pauses = []

    for _ in range(7):
        rest.failed("greeting: refused", "554 no")
        began = clock.now
        while not rest.may_try():
            clock.now += 0.5
        pauses.append(clock.now - began)

    assert [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE] == pauses


def test_threads_that_fail_together_count_once() -> None:
    """Eight connections that break in the same moment are one failure, not eight."""
    rest, clock, _ = _rest()

    for _ in range(8):
        rest.failed("connect: connect_refused", "no")
    clock.now += FIRST_PAUSE

    assert rest.may_try()


def test_a_failure_that_time_does_not_mend_rests_at_the_longest_at_once() -> None:
    """Wrong credentials, tried again and again, lock the account."""
    rest, clock, _ = _rest()

    rest.failed("auth: refused", "535 no", longest=True)
    clock.now += LONGEST_PAUSE - 0.01
    early = rest.may_try()
    clock.now += 0.01

    assert [False, True] == [early, rest.may_try()]


def test_a_failure_that_does_not_grow_pauses_as_long_as_the_first() -> None:
    """A relay that wants no further connection works well over those that it has."""
    rest, clock, _ = _rest()

    for _ in range(5):
        rest.failed("greeting: refused", "421 too many connections", grows=False)
        clock.now += FIRST_PAUSE

    assert rest.may_try()


def test_the_first_success_ends_the_rest_for_all() -> None:
    """And the next failure begins with the shortest pause."""
    rest, clock, watch = _rest()
    rest.failed("connect: connect_refused", "no")
    clock.now += FIRST_PAUSE
    rest.may_try()

    rest.succeeded()

    assert [True, True] == [rest.may_try(), rest.may_try()]
    assert [True, False] == watch.rests
    assert "" == rest.reason


def test_a_probe_that_was_never_made_is_given_back() -> None:
    """Else the relay would rest for ever."""
    rest, clock, _ = _rest()
    rest.failed("connect: connect_refused", "no")
    clock.now += FIRST_PAUSE
    rest.may_try()

    rest.withdrew()

    assert rest.may_try()


def test_a_change_is_logged_once() -> None:
    """A line a second would bury the reason."""
    rest, clock, _ = _rest()

    with capture_logs() as logs:
        for reason in ["connect: connect_refused"] * 3 + ["auth: refused"] * 2:
            rest.failed(reason, "said")
            clock.now += 100
        rest.succeeded()
        rest.succeeded()

    expected = [
        ("relay_resting", "connect: connect_refused"),
        ("relay_resting", "auth: refused"),
        ("relay_back", None),
    ]
    assert expected == [(line["event"], line.get("reason")) for line in logs]
