"""How many messages one claim takes: as many as its relay takes in half a second.

Whoever comes after a claim waits until it is worked off: another key's lone message, or
what is due on a higher lane in a process that has no connection to give. A claim of a
hundred is 50 ms at a relay nearby, and 20 s at one that takes 200 ms a message.
"""

SECONDS = 0.5
"""Of a relay's time, for a claim; a message and a second claim still fit into one second."""
FIRST = 2
"""Messages; of a relay that nobody has sent to yet. A second's worth is reached in six claims."""
GROWTH = 2.0
"""From one claim to the next, at most: the second of two messages may have shared a round trip."""


class ClaimSize:
    """The size of the claims for one relay, learnt from each; threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.now = min(FIRST, most)

    def learn(self, count: int, seconds: float) -> None:
        """Note that so many messages took so long over one connection.

        A claim that was not full tells only that the relay is slow, never that it is fast.
        """
        if not count or (count < self.now and seconds <= SECONDS):
            return
        fitting = int(count * min(GROWTH, SECONDS / max(seconds, 1e-9)))
        self.now = max(1, min(self._most, fitting))


class ClaimSizes:
    """One for each relay."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sizes: dict[str, ClaimSize] = {}

    def of(self, relay: str) -> ClaimSize:
        """Return a relay's."""
        return self._sizes.setdefault(relay, ClaimSize(self._most))
