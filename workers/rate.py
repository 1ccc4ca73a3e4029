"""How many messages a second all processes together give to a relay."""

import threading
from collections.abc import Callable

from pillarbox.queue.broker import BrokerAwayError
from workers.budget import PATIENCE_SECONDS, Alone, Budgets


class SharedRate:
    """A relay's rate, by the budget of all; the `Rate` of an `Access`.

    `wait` sleeps so many seconds, and returns True if the process ends meanwhile.
    """

    def __init__(
        self,
        relay: str,
        rate: float,
        budgets: Budgets,
        alone: Alone,
        *,
        wait: Callable[[float], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self._relay = relay
        self._rate = rate
        self._budgets = budgets
        self._alone = alone
        self._wait = wait
        self._own = _Bucket(monotonic)

    def grant(self, most: int) -> int:
        """Take up to so many; waits a little for the first."""
        granted, seconds = self._draw(most)
        if granted or seconds > PATIENCE_SECONDS or self._wait(seconds):
            return granted
        return self._draw(most)[0]

    def give_back(self, count: int) -> None:
        """Return what was not needed."""
        self._draw(-count)

    def _draw(self, want: int) -> tuple[int, float]:
        try:
            drawn = self._budgets.draw(self._relay, self._rate, want)
        except BrokerAwayError as error:
            self._alone.note(error)
            return self._own.draw(self._rate / self._alone.workers, want)
        self._alone.note(None)
        return drawn


class _Bucket:
    """The same bucket for one process, while there is no other; it begins empty."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._tokens = 0.0
        self._at = monotonic()

    def draw(self, rate: float, want: int) -> tuple[int, float]:
        now = self._monotonic()
        burst = max(1.0, rate)
        with self._lock:
            self._tokens = min(burst, self._tokens + (now - self._at) * rate)
            self._at = now
            drawn = min(want, int(self._tokens))
            self._tokens = min(burst, self._tokens - drawn)
            return drawn, 0.0 if drawn else (1 - self._tokens) / rate
