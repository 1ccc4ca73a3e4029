"""CPU time that a message costs the client's thread, beside smtplib's."""

import gc
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from bench.plan import Plan
from bench.smtp.bare_data import BareData
from bench.smtp.ready_relay import ReadyRelay
from bench.smtp.ways import BDAT, DATA, KEPT, WAYS, Way

BARE: Final = "DATA without a client"

COMPARED: Final[dict[str, Callable[[int], Way]]] = {
    **{name: WAYS[name] for name in (KEPT, DATA, BDAT)},
    BARE: BareData,
}
"""By what a table calls it: how it is opened; the last one is what the others cannot be below."""

GOAL: Final = 0.25
"""Of kept smtplib's."""

WARM_UP: Final = 50
"""Messages before the clock is read: imports, caches, and the one that shows that BDAT works."""


@dataclass(frozen=True, slots=True)
class EngineCost:
    """CPU microseconds of a message, user and system, in each round, by way."""

    microseconds: dict[str, list[float]]

    def median(self, way: str) -> float:
        """Return the median of the rounds."""
        return statistics.median(self.microseconds[way])

    def ratios(self, way: str) -> list[float]:
        """Return the part of kept smtplib's cost of the same round that each was, in order."""
        pairs = zip(self.microseconds[way], self.microseconds[KEPT], strict=True)
        return sorted(each / kept for each, kept in pairs)

    def best(self, way: str) -> float:
        """Return the ratio of the cheapest rounds: what is left when nothing disturbs."""
        return min(self.microseconds[way]) / min(self.microseconds[KEPT])

    def document(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            way: {
                "microseconds": values,
                "median": self.median(way),
                "ratios": self.ratios(way),
                "ratio_of_best": self.best(way),
            }
            for way, values in self.microseconds.items()
        }


def measure_engine_cost(plan: Plan, tell: Callable[[str], None]) -> EngineCost:
    """Let each way send `plan.engine_messages` in turn, in `plan.engine_rounds` rounds."""
    tell(f"CPU of the engine: {plan.engine_rounds} rounds of {plan.engine_messages}")
    found: dict[str, list[float]] = {way: [] for way in COMPARED}
    with closing(ReadyRelay()) as relay:
        for _ in range(plan.engine_rounds):
            for name in COMPARED:
                with closing(COMPARED[name](relay.port)) as way:
                    found[name].append(_microseconds(way, plan.engine_messages))
    return EngineCost(found)


def _microseconds(way: Way, messages: int) -> float:
    """Send what warms up, then so many; return the microseconds of one."""
    way.prepare(range(WARM_UP + messages))
    _send(way, 0, WARM_UP)
    gc.collect()
    used = time.thread_time()
    _send(way, WARM_UP, WARM_UP + messages)
    return (time.thread_time() - used) * 1e6 / messages


def _send(way: Way, first: int, end: int) -> None:
    for start in range(first, end, way.batch):
        way.send(range(start, min(start + way.batch, end)))
