from datetime import timedelta

import pytest

from pillarbox.domain.retry import RetrySchedule

SCHEDULE = RetrySchedule(base=timedelta(seconds=60), cap=timedelta(hours=4))


@pytest.mark.parametrize(
    ("attempts", "least", "most"),
    [(1, 30, 60), (2, 60, 120), (3, 120, 240), (9, 7200, 14400), (1000, 7200, 14400)],
)
def test_pauses_double_up_to_the_cap_and_half_of_each_is_drawn(
    attempts: int, least: float, most: float
) -> None:
    """Equal jitter: never less than half, so that no retry comes at once."""
    assert timedelta(seconds=least) == SCHEDULE.pause(attempts, lambda: 0.0)
    assert timedelta(seconds=most) == SCHEDULE.pause(attempts, lambda: 1.0)
