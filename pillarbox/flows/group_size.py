"""How many messages share a mark: few where each takes its time, more where that gains much.

After a crash one group is uncertain, so groups are small. Larger ones gain in two places:

1. Nearby, where a group is over in some milliseconds, its commit, its lines of log and its
   books are a third of all CPU: by twenties a message costs a seventh less than by tens.
2. Where messages wait for the same round trips (CHUNKING over a distance), a group takes the
   same time however many it holds: at 5 ms, 620 a second by tens and 997 by twenties.
"""

SMALL = 10
"""Messages; what a group is cut to unless more are worth it."""
QUICK_MILLISECONDS = 100.0
"""For a whole group: in doubt no longer than that, it may be larger than `SMALL`."""


class GroupSize:
    """The size of the groups for one relay, learnt from each; threads may share it."""

    def __init__(self, most: int) -> None:
        self._least = min(SMALL, most)
        self._most = most
        self.now = self._least

    def learn(self, count: int, milliseconds: float, together: float) -> None:
        """Note that a group of so many took so long, and its messages `together` so long.

        If all were under way all the time, they shared the round trips.
        """
        if count < self.now:
            return
        shared = together > milliseconds * count / 2
        if shared or 2 * milliseconds <= QUICK_MILLISECONDS:
            self.now = min(self._most, self.now * 2)
        elif milliseconds > QUICK_MILLISECONDS:
            self.now = max(self._least, self.now // 2)


class GroupSizes:
    """One for each relay."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sizes: dict[str, GroupSize] = {}

    def of(self, relay: str) -> GroupSize:
        """Return a relay's."""
        return self._sizes.setdefault(relay, GroupSize(self._most))
