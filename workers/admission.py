"""Which deliveries go on at once in this process, so that no relay and no lane takes it all.

1. A relay has as many places as it may have connections; who finds none leaves
   its route behind and goes: one thread never waits for another.
2. Who leaves a place takes up a route that was left behind, the highest lane
   first. Leaving a route behind twice is leaving it once.
3. One thread is kept for the sweep, and one more for lane high.
"""

import threading
from collections import Counter
from collections.abc import Mapping

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route

_ORDER = {lane: place for place, lane in enumerate(Lane)}


class Admission:
    """Places for deliveries; `places` by relay, `threads` of the whole process."""

    def __init__(self, places: Mapping[str, int], threads: int) -> None:
        self._places = places
        self._high_threads = max(1, threads - 1)
        self._threads = max(1, threads - 2)
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()
        self._left_behind: set[Route] = set()
        self._closed = False

    def __repr__(self) -> str:
        """Show what a test asks for."""
        with self._lock:
            behind = sorted(f"{route.relay}:{route.lane}" for route in self._left_behind)
            return f"<Admission busy {dict(+self._busy)} left behind {behind}>"

    def enter(self, route: Route) -> bool:
        """Take a place, to be left with `leave`; False if the route was left behind instead."""
        with self._lock:
            if self._closed:
                return False
            if not self._has_place(route):
                self._left_behind.add(route)
                return False
            self._take(route)
            return True

    def leave(self, route: Route) -> None:
        """Give the place back."""
        with self._lock:
            self._busy[route.relay] -= 1

    def next(self) -> Route | None:
        """Enter with a route that was left behind and has a place now."""
        with self._lock:
            ready = [route for route in self._left_behind if self._has_place(route)]
            if self._closed or not ready:
                return None
            route = min(ready, key=lambda each: (_ORDER[each.lane], each.relay))
            self._take(route)
            return route

    def close(self) -> None:
        """Let nobody in any more."""
        with self._lock:
            self._closed = True

    def _has_place(self, route: Route) -> bool:
        threads = self._high_threads if route.lane is Lane.HIGH else self._threads
        return self._busy.total() < threads and self._busy[route.relay] < self._places.get(
            route.relay, 1
        )

    def _take(self, route: Route) -> None:
        self._left_behind.discard(route)
        self._busy[route.relay] += 1
