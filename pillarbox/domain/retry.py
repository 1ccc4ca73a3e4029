from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

MAX_UNCERTAIN_RETRIES = 3
"""An uncertain recipient is tried again at most so often: each retry may be a duplicate."""


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Exponential back-off with equal jitter: half of each pause is fixed, half is drawn.

    Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
    Blog, 2015. `base` is the longest first pause, `cap` the longest of all.
    """

    base: timedelta
    cap: timedelta

    def pause(self, attempts: int, draw: Callable[[], float]) -> timedelta:
        """Return the pause after the `attempts`-th attempt (from 1); `draw` gives [0, 1)."""
        # 2**32 pauses of any base are beyond any cap; the bound keeps the shift small.
        whole = min(self.cap, self.base * (1 << min(attempts - 1, 32)))
        return whole / 2 + whole / 2 * draw()
