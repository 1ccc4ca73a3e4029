"""What is killed with -9, and how it comes back: each victim in a thread of its own."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.chaos.house import House
from tests.crew import Crew
from tests.servers.process import ServerDiedError
from tests.waiting import NeverHappenedError

START_TRIES = 40
"""What does not come back after so many starts is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A part of the house: how it goes, how it comes back, and how often (seconds)."""

    name: str
    kill: Callable[[], None]
    restart: Callable[[], None]
    up: tuple[float, float]
    """It runs so long between two deaths."""
    down: tuple[float, float]
    """It is away so long."""


def victims_of(house: House) -> Sequence[Victim]:
    """Return what can be killed in a house."""
    running = house.running

    def part(name: str, start: Callable[[], object], up: tuple[float, float]) -> Victim:
        return Victim(
            name=name,
            kill=lambda: running.kill(name),
            restart=lambda: _start(start),
            up=up,
            down=(0.1, 3.0),
        )

    found = [
        part("worker-a", lambda: running.start_worker("worker-a"), (3, 15)),
        part("worker-b", lambda: running.start_worker("worker-b"), (3, 15)),
        part("api", running.start_api, (8, 30)),
        part("scheduler-a", lambda: running.start_scheduler("scheduler-a"), (5, 40)),
        part("scheduler-b", lambda: running.start_scheduler("scheduler-b"), (5, 40)),
        Victim(
            name="worker-a, frozen",
            kill=lambda: _freeze(house, "worker-a", signal.SIGSTOP),
            restart=lambda: _freeze(house, "worker-a", signal.SIGCONT),
            up=(20, 40),
            down=(1.5 * house.lease, 2 * house.lease),
        ),
        Victim(
            name="redis",
            kill=house.redis.kill,
            restart=house.redis.restart,
            up=(10, 40),
            down=(0.1, 8.0),
        ),
    ]
    if house.postgres is not None:
        found.append(
            Victim(
                name="postgresql",
                kill=house.postgres.kill,
                restart=house.postgres.restart,
                up=(15, 60),
                down=(0.1, 6.0),
            )
        )
    return found


@dataclass(slots=True)
class Toll:
    """What was killed, and what did not come back."""

    deaths: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)


class Killing(Crew):
    """Kill and bring back until `finish`, after which everything runs."""

    def __init__(self, victims: Sequence[Victim], seed: int, tell: Callable[[str], None]) -> None:
        self.toll = Toll()
        self._tell = tell
        self._began = time.monotonic()
        super().__init__(
            threading.Thread(
                target=self._kill_again_and_again,
                args=(victim, random.Random(f"{victim.name} {seed}")),  # noqa: S311 - must repeat
                name=f"chaos-{victim.name}",
            )
            for victim in victims
        )

    def _kill_again_and_again(self, victim: Victim, chance: random.Random) -> None:
        while not self._ending.wait(chance.uniform(*victim.up)):
            away = chance.uniform(*victim.down)
            self._tell(f"{time.monotonic() - self._began:6.1f} s  {victim.name}, {away:.1f} s away")
            try:
                victim.kill()
                self._ending.wait(away)
                victim.restart()
            except (ServerDiedError, NeverHappenedError, OSError, KeyError) as error:
                self.toll.failed.append(f"{victim.name}: {error}")
                self._tell(f"{victim.name} did not come back: {error}")
                return
            self.toll.deaths[victim.name] += 1


def _start(start: Callable[[], object]) -> None:
    """Start a process as an orchestrator does: again, if it ended because something is away."""
    for left in reversed(range(START_TRIES)):
        try:
            start()
        except ServerDiedError:
            if not left:
                raise
        else:
            return


def _freeze(house: House, name: str, number: signal.Signals) -> None:
    """Stop a process in its tracks, or let it go on; one that was killed meanwhile is gone."""
    try:
        house.running.signal(name, number)
    except (KeyError, ProcessLookupError):
        return
