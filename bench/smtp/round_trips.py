"""Messages a second on one connection to a real Postfix, by round trip time."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from bench.errors import CountError
from bench.plan import Plan
from bench.smtp.slow_line import SlowLine
from bench.smtp.ways import KEPT, WAYS, Way
from tests.servers.postfix import PostfixServer
from tests.waiting import NeverHappenedError, wait_until

ROUND_TRIPS_MS: Final = (0, 10, 50)
"""On this machine, in this city, to another continent's edge."""

DELIVERY_SECONDS: Final = 120.0
"""For Postfix, to put what it has taken into its Maildir."""

GOAL_MS: Final = 50
GOALS: Final = {"ours, DATA": 3.5, "ours, BDAT groups": 40.0}
"""Times kept smtplib, at `GOAL_MS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What one way did in one round; `cpu_seconds` are the client's thread's, user and system."""

    round_trip_ms: int
    messages: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """All rounds, by way."""

    carried: dict[str, list[Carried]]

    def rate(self, way: str, round_trip_ms: int) -> float:
        """Return the median of the rounds."""
        return statistics.median(each.rate for each in self._of(way, round_trip_ms))

    def ratios(self, way: str, round_trip_ms: int) -> list[float]:
        """Return how many times faster than kept smtplib of its round each was, in order."""
        pairs = zip(self._of(way, round_trip_ms), self._of(KEPT, round_trip_ms), strict=True)
        return sorted(each.rate / kept.rate for each, kept in pairs)

    def cpu_us(self, way: str, round_trip_ms: int) -> float:
        """Return the CPU microseconds of a message, the median of the rounds."""
        all_ = self._of(way, round_trip_ms)
        return statistics.median(each.cpu_seconds * 1e6 / each.messages for each in all_)

    def document(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            way: {
                "rounds": [asdict(each) for each in rounds],
                "rates": {ms: self.rate(way, ms) for ms in ROUND_TRIPS_MS},
                "ratios": {ms: self.ratios(way, ms) for ms in ROUND_TRIPS_MS},
            }
            for way, rounds in self.carried.items()
        }

    def _of(self, way: str, round_trip_ms: int) -> list[Carried]:
        return [each for each in self.carried[way] if each.round_trip_ms == round_trip_ms]


class CountingPostfix(PostfixServer):
    """A Postfix that keeps every mail, and counts them."""

    def kept(self) -> int:
        """How many mails it has delivered."""
        return sum(1 for _ in (self._inbox / "new").glob("*"))


def measure_round_trips(plan: Plan, tell: Callable[[str], None]) -> RoundTrips:
    """Let each way send for `plan.line_seconds` at each round trip time, in rounds.

    Raises `CountError` if Postfix has not kept what was taken.
    """
    carried: dict[str, list[Carried]] = {way: [] for way in WAYS}
    with closing(CountingPostfix()) as postfix:
        for turn in range(plan.rounds):
            for milliseconds in ROUND_TRIPS_MS:
                tell(f"round {turn + 1} of {plan.rounds}: {milliseconds} ms round trip")
                with _line(postfix.plain_port, milliseconds) as port:
                    for name, open_way in WAYS.items():
                        with closing(open_way(port)) as way:
                            found, sent = _carry(way, milliseconds, plan.line_seconds)
                        _check(postfix, sent)
                        carried[name].append(found)
    return RoundTrips(carried)


@contextmanager
def _line(port: int, milliseconds: int) -> Iterator[int]:
    """Yield the port of a line of this delay; without one there is nothing in between."""
    if not milliseconds:
        yield port
        return
    with closing(SlowLine(port, milliseconds)) as line:
        yield line.port


def _carry(way: Way, round_trip_ms: int, seconds: float) -> tuple[Carried, int]:
    """Send one mail, then whole batches until the time is over; return how many in all, too."""
    way.prepare(range(1))
    way.send(range(1))
    sent = 1
    used, started = time.thread_time(), time.monotonic()
    while (took := time.monotonic() - started) < seconds or sent == 1:
        way.prepare(range(sent, sent + way.batch))
        way.send(range(sent, sent + way.batch))
        sent += way.batch
    used = time.thread_time() - used
    found = Carried(round_trip_ms=round_trip_ms, messages=sent - 1, seconds=took, cpu_seconds=used)
    return found, sent


def _check(postfix: CountingPostfix, sent: int) -> None:
    try:
        wait_until(lambda: postfix.kept() >= sent, DELIVERY_SECONDS)
    except NeverHappenedError:
        raise CountError(f"{sent} were taken, and Postfix has {postfix.kept()}") from None
    if (kept := postfix.kept()) != sent:
        raise CountError(f"{sent} were taken, and Postfix has {kept}")
    postfix.forget()
