"""What waits for a worker: due, and in nobody's hands."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class LaneBacklog:
    """What waits in one lane: for how long the oldest has been due, and how many are.

    `oldest` is None if nothing is due. `due` is counted no further than a bound.
    """

    oldest: timedelta | None = None
    due: int = 0
