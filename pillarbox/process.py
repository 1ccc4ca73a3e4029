"""How each of the product's processes begins: its signals, its settings, its log.

1. Until a process has handlers of its own, a signal to end ends it on the spot:
   nothing has begun that could be ended well. As an exception it could be lost
   in whatever runs just then, in a finaliser for one, which swallows them all.
"""

import os
import signal
import sys
from collections.abc import Callable

from pillarbox.observe.logging import configure_logging
from pillarbox.settings import SettingError, Settings
from pillarbox.settings_survey import load

WRONG_SETTING = 2
"""The exit status of a process that was told something that it cannot do."""


def load_settings() -> Settings:
    """Read this process's settings; raises `SettingError`."""
    return load(os.environ)


def run_process(run: Callable[[Settings], None]) -> int:
    """Run one of the product's processes with its settings and its log; its exit status.

    A wrong setting ends it with 2 and one line on standard error.
    """
    _heed_signals_held_back()
    try:
        settings = load_settings()
        configure_logging(
            level=settings.log_level,
            log_format=settings.log_format,
            log_addresses=settings.log_addresses,
        )
        run(settings)
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_SETTING
    return 0


def _heed_signals_held_back() -> None:
    """End well if told to while this process was loading; its own handlers follow later.

    The command line holds signals back in a container's first process, where
    they would be lost until there is a handler.
    """
    held = signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {signal.SIGTERM, signal.SIGINT}
    for number in held:
        signal.signal(number, lambda _number, _frame: os._exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
