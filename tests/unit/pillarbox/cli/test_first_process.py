"""What is done for a container's first process alone; tests/image sees it done there."""

import signal
import subprocess
import sys

from pillarbox.cli.first_process import ENDING, end_at_once, hold_signals_back, let_orphans_go


def test_in_any_other_process_signals_stay_as_they_are() -> None:
    """A shell's child ends by the signal itself, and waits for its own children."""
    numbers = (signal.SIGCHLD, *ENDING)
    handlers = [signal.getsignal(number) for number in numbers]

    end_at_once()
    let_orphans_go()
    hold_signals_back()

    assert handlers == [signal.getsignal(number) for number in numbers]
    assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, ()) & set(ENDING)


def test_a_signal_that_was_blocked_is_heard() -> None:
    """The image's entry point blocks what a first process would lose while it has no handler."""
    code = (
        "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM});"
        " os.kill(os.getpid(), signal.SIGTERM);"
        " from pillarbox.cli.first_process import end_at_once; end_at_once()"
    )

    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert -signal.SIGTERM == done.returncode


def test_signals_are_heard_before_anything_that_takes_time_is_loaded() -> None:
    """What comes before is lost to a container's first process: so nothing else may come before."""
    code = (
        "import sys; before = set(sys.modules); import pillarbox.cli;"
        " print(*sorted(set(sys.modules) - before))"
    )

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    loaded = done.stdout.split()
    ours = {name for name in loaded if name.startswith("pillarbox")}
    assert {"pillarbox", "pillarbox.cli", "pillarbox.cli.first_process"} == ours
    assert {"click", "requests", "rich"}.isdisjoint(loaded)
