"""How a process begins: what ends it is heard, whatever it does just then."""

import subprocess
import sys

HELD = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
"""As the command line hands a process over where it is a container's first."""
TOLD = "os.kill(os.getpid(), signal.SIGTERM)\n"
MAIN = "from pillarbox.process import run_process; sys.exit(run_process(lambda _: %s))\n"


def test_a_signal_that_was_held_back_ends_a_process_before_it_has_begun() -> None:
    done = _run(HELD + TOLD + MAIN % "print('begun')")

    assert (0, "") == (done.returncode, done.stdout)


def test_a_signal_is_not_lost_in_a_finaliser() -> None:
    """An exception raised there is told on standard error, and the process went on."""
    dying = f"class Dying:\n def __del__(self): {TOLD}"

    done = _run(HELD + dying + MAIN % "Dying() and None or sys.exit(7)")

    assert (0, "") == (done.returncode, done.stderr)


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
