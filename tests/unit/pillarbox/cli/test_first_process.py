"""What is done for a container's first process alone; tests/image sees it done there."""

import signal

from pillarbox.cli.first_process import ENDING, be_first, hold_signals_back


def test_in_any_other_process_signals_stay_as_they_are() -> None:
    """A shell's child ends by the signal itself, and waits for its own children."""
    numbers = (signal.SIGCHLD, *ENDING)
    handlers = [signal.getsignal(number) for number in numbers]

    be_first()
    hold_signals_back()

    assert handlers == [signal.getsignal(number) for number in numbers]
    assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, ()) & set(ENDING)
