import signal
from collections.abc import Callable

ENDING = (signal.SIGTERM, signal.SIGINT)
"""What tells a process to end in good order."""


def on_first_signal(act: Callable[[], None]) -> None:
    """Call `act` in the main thread at the first signal to end; further ones change nothing.

    A handler may be interrupted by the next signal: the second call returns
    before it touches any lock that the first one holds.
    """
    told = False

    def handle(_signal: int, _frame: object) -> None:
        nonlocal told
        if not told:
            told = True
            act()

    for number in ENDING:
        signal.signal(number, handle)
