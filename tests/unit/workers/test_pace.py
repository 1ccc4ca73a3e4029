"""A relay that is too busy is given half, and slowly more."""

from tests.fakes.workers_relay import Hands
from workers.pace import HOLD_SECONDS, QUIET_SECONDS, Pace


def test_a_relay_that_says_nothing_gets_all_there_is() -> None:
    assert 8 == Pace(8, Hands()).limit


def test_a_word_of_load_halves_what_is_in_use() -> None:
    """What was not in use has not done it."""
    pace = Pace(100, Hands())

    pace.slow_down(6)

    assert 3 == pace.limit


def test_several_that_hear_it_in_one_moment_count_once() -> None:
    """Else eight connections would bring it to one."""
    clock = Hands()
    pace = Pace(8, clock)

    for _ in range(8):
        pace.slow_down(8)
    together = pace.limit
    clock.now += HOLD_SECONDS
    pace.slow_down(4)

    assert [4, 2] == [together, pace.limit]


def test_one_is_always_left() -> None:
    clock = Hands()
    pace = Pace(8, clock)

    for _ in range(5):
        pace.slow_down(1)
        clock.now += HOLD_SECONDS

    assert 1 == pace.limit


def test_each_quiet_while_gives_one_back_up_to_all() -> None:
    clock = Hands()
    pace = Pace(4, clock)
    pace.slow_down(4)

    limits = []
    for _ in range(4):
        limits.append(pace.limit)
        clock.now += QUIET_SECONDS

    assert [2, 3, 4, 4] == limits


def test_a_refused_connection_shows_how_many_are_borne() -> None:
    pace = Pace(8, Hands())

    pace.hold_at(3)

    assert 3 == pace.limit
