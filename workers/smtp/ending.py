"""The end of our own process, as its connections see it."""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Ending:
    """Until when a peer is waited for before the end of data; one for all connections.

    `at` is monotonic seconds, and never unless the process is told to end: a
    relay that hangs must not hold that up for minutes. What comes after an end
    of data is waited for all the same, since nobody else can hear it.
    """

    at: float = math.inf
