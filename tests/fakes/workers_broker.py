"""A broker that keeps everything in lists, and can be away, or stuck."""

import threading
from collections import Counter

from pillarbox.domain.message import Route
from pillarbox.queue.broker import BrokerAwayError


class FakeBroker:
    """Remembers what was asked of it, in order, in `calls`; flags never run out.

    `away` names the calls that fail; `stuck` makes every call wait until
    `release()`.
    """

    def __init__(
        self, *, away: tuple[str, ...] = (), stuck: bool = False, waiting: int = 0
    ) -> None:
        self.calls: list[tuple[str, Route]] = []
        self.flags: set[Route] = set()
        self.flag_milliseconds: set[int] = set()
        self.away = away
        self.waiting = waiting
        self.closed = False
        self._go = threading.Event()
        if not stuck:
            self._go.set()

    @property
    def published(self) -> list[Route]:
        """The wake-ups that were published."""
        return [route for name, route in self.calls if name == "publish"]

    def release(self) -> None:
        """Let the calls that are stuck go on."""
        self._go.set()

    def raise_flag(self, route: Route, milliseconds: int) -> bool:
        self._call("raise_flag", route)
        self.flag_milliseconds.add(milliseconds)
        was_new = route not in self.flags
        self.flags.add(route)
        return was_new

    def drop_flag(self, route: Route) -> None:
        self._call("drop_flag", route)
        self.flags.discard(route)

    def wake_ups_waiting(self, _route: Route) -> int:
        return self.waiting

    def publish_wake_up(self, route: Route) -> None:
        self._call("publish", route)

    def ping(self) -> None:
        if "ping" in self.away:
            raise BrokerAwayError("ping")

    def close(self) -> None:
        self.closed = True

    def _call(self, name: str, route: Route) -> None:
        self._go.wait()
        self.calls.append((name, route))
        if name in self.away:
            raise BrokerAwayError(name)


class CountedWakes:
    """Counts wake-ups by what became of them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def wake_published(self) -> None:
        self.counts["published"] += 1

    def wake_dropped(self) -> None:
        self.counts["dropped"] += 1
