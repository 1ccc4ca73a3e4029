"""How many messages share a mark: as few as cost little, more where they share round trips.

After a crash one group is uncertain, so groups are small. A group costs a commit: ten share it
nearly as well as twenty (measured: 3 % of all CPU on PostgreSQL, 7 % on SQLite). Where messages
wait for the same round trips (CHUNKING over a distance), a group takes the same time however
many it holds, and larger ones move more: at 5 ms, 620 a second by tens and 997 by twenties.
"""

SMALL = 10
"""Messages; what a group is cut to unless more are worth it."""
SLOW_MILLISECONDS = 0.5
"""For a message of its group's time: a relay nearby takes less, and gains nothing by more."""


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
        if shared and milliseconds > SLOW_MILLISECONDS * count:
            self.now = min(self._most, self.now * 2)
        elif not shared:
            self.now = max(self._least, self.now // 2)


class GroupSizes:
    """One for each relay."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sizes: dict[str, GroupSize] = {}

    def of(self, relay: str) -> GroupSize:
        """Return a relay's."""
        return self._sizes.setdefault(relay, GroupSize(self._most))
