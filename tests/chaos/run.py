"""One run: mail and kills for a time, then rest, then the verdict."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.callers import Callers
from tests.chaos.house import House
from tests.chaos.mix import Mix
from tests.chaos.verdict import Verdict, judge
from tests.chaos.victims import Killing, victims_of
from tests.waiting import NeverHappenedError, wait_until

REST_SECONDS = 300.0
"""For what is under way at the end, three tries of an `uncertain` message included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done: mails a second for so many seconds, and the seed of all chance."""

    seconds: float
    rate: float
    seed: int
    has_postgresql: bool


def run(order: Order, folder: Path, tell: Callable[[str], None]) -> Verdict:
    """Do it, and tell what happens."""
    database = "PostgreSQL" if order.has_postgresql else "SQLite"
    tell(f"seed {order.seed}: {order.rate:g} mails/s for {order.seconds:g} s, {database}")
    with House(folder, has_postgresql=order.has_postgresql) as house:
        callers = Callers(house.running, Mix(order.seed), rate=order.rate)
        killing = Killing(victims_of(house), order.seed, tell)
        callers.start()
        try:
            killing.start()
            try:
                threading.Event().wait(order.seconds)
            finally:
                killing.finish()
        except BaseException:
            callers.abandon()
            raise
        tell("everything is back; what is under way may end")
        callers.finish() if not killing.toll.failed else callers.abandon()
        faults = [*killing.toll.failed, *callers.wrong]
        try:
            wait_until(lambda: house.is_at_rest, REST_SECONDS, "nothing is under way")
        except NeverHappenedError as error:
            faults.append(str(error))
        verdict = judge(house, callers.posted, callers.accepted)
        verdict.faults[:0] = faults
    deaths = ", ".join(f"{name} {count}" for name, count in sorted(killing.toll.deaths.items()))
    answers = ", ".join(f"{what} {count}" for what, count in sorted(callers.answers.items()))
    tell(f"killed: {deaths}")
    tell(f"answers: {answers}")
    tell(str(verdict))
    for fault in verdict.faults:
        tell(f"FAULT: {fault}")
    tell(f"seed {order.seed}: {'the sum balances' if not verdict.faults else 'BROKEN'}")
    return verdict
