"""A relay that failed is left alone for a while, and then asked by one thread at a time."""

from structlog.testing import capture_logs

from pillarbox.domain.relay_state import Breaker
from tests.fakes.workers_relay import Hands, RelayWatch
from tests.laws.registry import law
from workers.rest import FIRST_PAUSE, LONGEST_PAUSE, PARKED_PAUSE, Rest


def _rest() -> tuple[Rest, Hands, RelayWatch]:
    clock, watch = Hands(), RelayWatch()
    return Rest("default", clock, watch), clock, watch


def test_a_relay_that_never_failed_may_be_tried_by_everybody() -> None:
    """The usual case costs nothing."""
    rest, _, watch = _rest()

    assert [True, True] == [rest.may_try(), rest.may_try()]
    assert [] == watch.rests


@law("refused-greeting")
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


def test_wrong_credentials_park_the_relay() -> None:
    """Tried again and again they lock the account; now and then finds what was mended elsewhere."""
    rest, clock, watch = _rest()

    rest.failed("auth: refused", "535 no", parked=True)
    clock.now += PARKED_PAUSE - 0.01
    early = rest.may_try()
    clock.now += 0.01

    assert [False, True] == [early, rest.may_try()]
    assert [Breaker.PARKED] == watch.breakers


def test_who_resumes_a_parked_relay_has_it_tried_at_once() -> None:
    """By one thread: the word may be wrong."""
    rest, _, _ = _rest()
    rest.failed("auth: refused", "535 no", parked=True)

    rest.resume()

    breakers = [rest.breaker]
    tries = [rest.may_try(), rest.may_try()]
    breakers.append(rest.breaker)

    assert [True, False] == tries
    assert [Breaker.OPEN, Breaker.HALF_OPEN] == breakers


def test_a_relay_that_was_resumed_in_vain_is_parked_again_and_says_so() -> None:
    """The alert that went with the resuming has to come back."""
    rest, _, watch = _rest()
    rest.failed("auth: refused", "535 no", parked=True)
    rest.resume()

    with capture_logs() as logs:
        rest.failed("auth: refused", "535 no", parked=True)
        rest.failed("auth: refused", "535 no", parked=True)

    assert [Breaker.PARKED, Breaker.OPEN, Breaker.PARKED] == watch.breakers
    assert ["relay_parked"] == [line["event"] for line in logs]


def test_a_peek_takes_no_probe() -> None:
    """Who only asks where to go may go elsewhere."""
    rest, clock, _ = _rest()
    rest.failed("connect: connect_refused", "no")
    resting = rest.would_try()
    clock.now += FIRST_PAUSE

    assert [False, True, True] == [resting, rest.would_try(), rest.may_try()]
    assert not rest.would_try()


def test_the_last_error_is_kept_when_it_is_over() -> None:
    """A person asks for it in the morning."""
    rest, _, _ = _rest()
    rest.failed("greeting: refused", "554 no")

    rest.succeeded()

    assert rest.last_error is not None
    assert ("greeting: refused", "554 no") == (rest.last_error.reason, rest.last_error.detail)


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
