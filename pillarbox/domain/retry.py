from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MAX_UNCERTAIN_RETRIES = 3
"""An uncertain recipient is tried again at most so often: each retry may be a duplicate."""


class OnUncertain(StrEnum):
    """What follows an attempt whose end nobody knows: a caller's choice for each message."""

    RETRY = "retry"
    """It is tried again with the same Message-ID, at most three times: it may arrive twice."""
    HOLD = "hold"
    """It stays as it is until the caller says `retry` or `cancel`: it may not arrive at all."""


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
