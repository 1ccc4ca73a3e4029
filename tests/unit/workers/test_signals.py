"""Signals: the first one ends the process in good order, the others change nothing."""

import os
import signal
from collections.abc import Iterator

import pytest

from workers.signals import ENDING, on_first_signal


@pytest.fixture(autouse=True)
def _handlers_restored() -> Iterator[None]:
    """Leave the process's handlers as they were."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_the_first_signal_acts_and_no_other_does(number: signal.Signals) -> None:
    """Kubernetes sends one, an impatient person three."""
    calls: list[None] = []
    on_first_signal(lambda: calls.append(None))

    for each in (number, *ENDING):
        os.kill(os.getpid(), each)

    assert 1 == len(calls)


def test_a_signal_that_interrupts_the_first_ones_work_returns_at_once() -> None:
    """The work holds locks that are not re-entrant."""
    calls: list[None] = []

    def act() -> None:
        calls.append(None)
        os.kill(os.getpid(), signal.SIGTERM)

    on_first_signal(act)
    os.kill(os.getpid(), signal.SIGINT)

    assert 1 == len(calls)
