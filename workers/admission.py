"""Which deliveries go on at once in this process, so that no relay and no lane takes it all.

1. A relay has as many places as it may have connections; who finds none leaves
   its errand behind and goes: one thread never waits for another.
2. Who leaves a place takes up an errand that was left behind, the highest lane
   first, but each tenth time the lowest: it is slow, and never starves.
   Leaving an errand behind twice is leaving it once.
3. A backlog keeps its place no longer than others want it: asked between two
   batches if anybody waits, and between two groups if a higher lane does.
4. One thread is kept for the sweep, one more for lane high, and one for each
   relay that has none: those that hang may be several.
"""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.flows.ports.claims import Errand

_ORDER = {lane: place for place, lane in enumerate(Lane)}

TURNS_OF_THE_LOWEST = 10
"""Of so many places that come free while several lanes wait, one goes to the lowest of them."""


class Admission:
    """Places for deliveries; `places` by relay, `threads` of the whole process."""

    def __init__(self, places: Mapping[str, int], threads: int) -> None:
        self._places = places
        self._high_threads = max(1, threads - 1)
        self._threads = max(1, threads - 2)
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()
        self._left_behind: set[Errand] = set()
        self._turns = 0
        self._closed = False

    def __repr__(self) -> str:
        """Show what a test asks for."""
        with self._lock:
            behind = sorted(f"{each.over}:{each.route.lane}" for each in self._left_behind)
            return f"<Admission busy {dict(+self._busy)} left behind {behind}>"

    def enter(self, errand: Errand) -> bool:
        """Take a place, to be left with `leave`; False if the errand was left behind instead."""
        with self._lock:
            if self._closed:
                return False
            if not self._has_place(errand):
                self._left_behind.add(errand)
                return False
            self._take(errand)
            return True

    def leave(self, errand: Errand, *, again: bool = False) -> None:
        """Give the place back; `again` leaves the errand behind, for there is more to carry."""
        with self._lock:
            self._busy[errand.over] -= 1
            if again:
                self._left_behind.add(errand)

    def next(self) -> Errand | None:
        """Enter with an errand that was left behind and has a place now."""
        with self._lock:
            ready = [errand for errand in self._left_behind if self._has_place(errand)]
            if self._closed or not ready:
                return None
            errand = min(ready, key=self._turn(ready))
            self._take(errand)
            return errand

    def is_wanted(self, route: Route) -> bool:
        """Whether the place that carries this could be another's, who waits for one."""
        return self._waits(route, list(Lane))

    def is_pressed(self, route: Route) -> bool:
        """Whether a higher lane waits for the place that carries this."""
        return self._waits(route, list(Lane)[: _ORDER[route.lane]])

    def close(self) -> None:
        """Let nobody in any more."""
        with self._lock:
            self._closed = True

    def _has_place(self, errand: Errand) -> bool:
        threads = self._high_threads if errand.route.lane is Lane.HIGH else self._threads
        # half of them at most: with more relays than threads somebody has to share
        kept = min(sum(self._is_idle(each, errand) for each in self._places), threads // 2)
        free = threads - self._busy.total()
        mine = self._busy[errand.over]
        if mine >= self._places.get(errand.over, 1):
            return False
        return free > 0 if mine == 0 else free > kept

    def _waits(self, route: Route, lanes: Collection[Lane]) -> bool:
        """Whether an errand of these lanes would have a place if one at the relay came free."""
        with self._lock:
            others = [
                each
                for each in self._left_behind
                if each.route.lane in lanes and each.route != route
            ]
            if not others:
                return False
            self._busy[route.relay] -= 1
            found = any(self._has_place(each) for each in others)
            self._busy[route.relay] += 1
            return found

    def _turn(self, ready: Collection[Errand]) -> Callable[[Errand], tuple[int, str]]:
        """Say in which order those are that may go now."""
        sign = 1
        if len({errand.route.lane for errand in ready}) > 1:
            self._turns += 1
            sign = -1 if self._turns % TURNS_OF_THE_LOWEST == 0 else 1
        return lambda errand: (sign * _ORDER[errand.route.lane], errand.over)

    def _is_idle(self, relay: str, errand: Errand) -> bool:
        return relay != errand.over and self._busy[relay] == 0

    def _take(self, errand: Errand) -> None:
        self._left_behind.discard(errand)
        self._busy[errand.over] += 1
