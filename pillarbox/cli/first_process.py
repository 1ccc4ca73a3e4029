"""What the kernel leaves to the first process of a container (pid_namespaces(7)).

1. A signal that it has no handler for does not reach it: SIGTERM would not end it.
   One that comes before Python runs this is lost, unless it is blocked from the
   start on: then it waits. The image's entry point blocks it, by `env`.
2. It inherits processes whose parents have ended, and somebody must wait for them.

In any other process nothing here changes anything, but that what was blocked is heard.
"""

import os
import signal

FIRST = 1
"""The id of that process."""
ENDING = (signal.SIGTERM, signal.SIGINT)
"""What tells a process to end in good order."""


def end_at_once() -> None:
    """Let a signal end this process while it loads, also one that came before.

    Nothing has begun that could be ended well; and an exception might come to nothing.
    """
    if os.getpid() == FIRST:
        for number in ENDING:
            signal.signal(number, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def let_orphans_go() -> None:
    """Have nobody wait for whoever ends."""
    if os.getpid() == FIRST:
        # The kernel waits for them itself; what is ignored stays so over exec. gunicorn, which
        # has children, sets a handler of its own and waits for whoever it is.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def hold_signals_back() -> None:
    """Keep what would end this process for who takes its place: handlers do not outlive exec."""
    if os.getpid() == FIRST:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def _leave(number: int, _frame: object) -> None:
    os._exit(128 + number)
