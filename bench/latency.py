"""Lone messages on an idle system: from the POST's answer to the relay's 250."""

import random
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from queue import Empty

from bench import mail
from bench.distribution import percentile
from bench.errors import LostError
from bench.keep_alive import KeptConnection
from bench.plan import Plan
from bench.stamping_relay import StampingRelay
from bench.systems.pillarbox import Pillarbox
from bench.systems.system import telling_last_words

WARM_UP = 3
PAUSE_SECONDS = (0.3, 0.7)
"""Before a lone message: long enough to be idle, and in no step with the sweep's second."""
COLD_SECONDS = 6.0
"""More than `relay_idle_timeout`, so that the relay's connection has been closed."""
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Lone:
    """One lone message, in milliseconds."""

    post_ms: float
    """From the POST's first octet to its answer's last."""
    after_answer_ms: float
    """From there to the relay's 250; negative if the mail was faster than the answer."""
    on_new_connection: bool


@dataclass(frozen=True, slots=True)
class Latency:
    """What lone messages took."""

    lone: list[Lone]

    def milliseconds(self, *, on_new_connection: bool) -> list[float]:
        """Return the times after the answer, on a kept or on a new relay connection."""
        return [
            each.after_answer_ms
            for each in self.lone
            if each.on_new_connection == on_new_connection
        ]

    def summary(self, *, on_new_connection: bool) -> dict[str, float]:
        """Return count, median, p90, p99 and maximum; empty without a message."""
        values = self.milliseconds(on_new_connection=on_new_connection)
        if not values:
            return {}
        shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
        found = {name: percentile(values, share) for name, share in shares.items()}
        return {"count": len(values), **found}


def measure_lone_messages(plan: Plan) -> Latency:
    """Start Pillarbox as it is by default, and send it lone messages; raises `LostError`."""
    with (
        closing(StampingRelay()) as relay,
        closing(Pillarbox(relay.port)) as system,
        telling_last_words(system),
    ):
        lone = [_send(number, pause, system, relay) for number, pause in enumerate(_pauses(plan))]
    return Latency(lone[WARM_UP:])


def _pauses(plan: Plan) -> Iterator[float]:
    chance = random.Random(plan.lone)  # noqa: S311 - the same pauses in each run
    for _ in range(WARM_UP + plan.lone):
        yield chance.uniform(*PAUSE_SECONDS)
    for _ in range(plan.cold):
        yield COLD_SECONDS


def _send(number: int, pause: float, system: Pillarbox, relay: StampingRelay) -> Lone:
    [request] = mail.requests(system.door.path, system.door.authorization, first=number, count=1)
    time.sleep(pause)  # an idle system is what is measured: nothing is waited for
    with closing(KeptConnection(system.door.port)) as connection:
        connection.send(request)
        while (answer := connection.receive()) is None:
            pass
        answered_at = time.monotonic()
    try:
        taken = relay.taken.get(timeout=PATIENCE_SECONDS)
    except Empty:
        raise LostError(f"message {number} has not come: POST said {answer}") from None
    if taken.recipient != mail.recipient(number):
        raise LostError(f"waited for message {number}, and {taken.recipient} came")
    after = (taken.at - answered_at) * 1000
    return Lone(answer.seconds * 1000, after, taken.on_new_connection)
