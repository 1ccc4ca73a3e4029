"""One row of the table: a system under load, from the first POST to the last outcome."""

import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from bench.distribution import percentile
from bench.errors import CountError
from bench.load import Load
from bench.plan import Plan
from bench.processes import Usage, machine_seconds, peak_octets, usage
from bench.servers import Sink
from bench.systems.system import System, Work
from tests.waiting import NeverHappenedError, wait_until

LOOK_SECONDS = 0.02
"""Between two looks at the store: 1 % of a row of two seconds."""
STALL_SECONDS = 120.0
"""A store that keeps a message under way for so long after the last POST has no row."""
SINK_SECONDS = 2.0
"""It writes its counters down a moment after its 250."""
OURS = ("sink", "load", "bench")
"""Roles that are not the system's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one system did; seconds, milliseconds and octets as the names say."""

    name: str
    messages: int
    seconds: float
    """From the first POST to the last outcome recorded."""
    accepting_seconds: float
    """From the first POST to the last answer."""
    post_p50_ms: float | None
    """From a POST's first octet to its answer's last; smtp-source does not tell."""
    post_p99_ms: float | None
    to_250_p50_ms: float
    """From a POST's first octet to the relay's 250, under this load."""
    to_250_p99_ms: float
    others_share: float
    """Of the machine's CPU time in the row, what processes took that are not in it (0 to 1)."""
    used: dict[str, Usage]
    """By role: CPU seconds in the row, the highest memory since the start."""

    @property
    def rate(self) -> float:
        """Messages a second, end to end."""
        return self.messages / self.seconds

    @property
    def accepting_rate(self) -> float:
        """Messages accepted a second."""
        return self.messages / self.accepting_seconds

    def cpu_seconds_per_thousand(self, role: str) -> float:
        """CPU seconds of a role for a thousand messages; 0 for a role that it does not have."""
        return self.used[role].cpu_seconds * 1000 / self.messages if role in self.used else 0.0

    @property
    def own_cpu_seconds_per_thousand(self) -> float:
        """CPU seconds of the system itself for a thousand messages."""
        return sum(self.cpu_seconds_per_thousand(role) for role in self.used if role not in OURS)

    def document(self) -> dict[str, Any]:
        """Return it for machines."""
        costs = {role: self.cpu_seconds_per_thousand(role) for role in self.used}
        return {
            **asdict(self),
            "messages_per_second": self.rate,
            "accepted_per_second": self.accepting_rate,
            "cpu_seconds_per_thousand": costs,
        }


def measure(name: str, system: System, sink: Sink, plan: Plan, *, batch: int = 1) -> Row:
    """Warm a system up, then measure it.

    Raises `CountError`, and `ProcessChangedError` if a process ended meanwhile.
    """
    connections = plan.connections if batch == 1 else plan.batch_connections
    warm_up = Work(first=0, count=plan.warm_up, connections=connections, batch=batch)
    _carry(system, warm_up)
    _check_store(system, plan.warm_up)
    roles = {**system.roles(), "sink": [sink.process]}
    before, taken = usage(roles), sink.messages
    looked, busy = time.process_time(), machine_seconds()
    work = Work(first=plan.warm_up, count=plan.messages, connections=connections, batch=batch)
    load, ended_at = _carry(system, work)
    busy, looked = machine_seconds().since(busy), time.process_time() - looked
    after = usage(roles)

    _check_store(system, plan.warm_up + plan.messages)
    _check_sink(sink, taken, plan.messages)
    used = {role: now.since(before[role]) for role, now in after.items()}
    used["load"] = Usage(load.cpu_seconds, load.peak_octets)
    used["bench"] = Usage(looked, sum(peak_octets(os.getpid())))
    milliseconds = [each * 1000 for each in load.seconds]
    to_250 = system.milliseconds_to_250(work, load)
    return Row(
        name=name,
        messages=plan.messages,
        seconds=ended_at - load.started_at,
        accepting_seconds=load.ended_at - load.started_at,
        post_p50_ms=percentile(milliseconds, 0.5) if milliseconds else None,
        post_p99_ms=percentile(milliseconds, 0.99) if milliseconds else None,
        to_250_p50_ms=percentile(to_250, 0.5),
        to_250_p99_ms=percentile(to_250, 0.99),
        others_share=busy.share_beyond(sum(each.cpu_seconds for each in used.values())),
        used=used,
    )


def _carry(system: System, work: Work) -> tuple[Load, float]:
    """Hand over mails, wait for their outcomes, and tell when the last was recorded."""
    load = system.accept(work)
    if load.accepted != work.count or load.refusals:
        raise CountError(f"of {work.count} it took {load.accepted}; refusals {load.refusals}")
    pause = threading.Event()
    stalled_at = time.monotonic() + STALL_SECONDS
    while system.is_at_work():
        if time.monotonic() > stalled_at:
            raise CountError(f"outcomes are missing: {system.counts()}")
        pause.wait(LOOK_SECONDS)
    return load, time.monotonic()


def _check_store(system: System, accepted: int) -> None:
    """Compare what was accepted with what is recorded."""
    counts = system.counts()
    if counts != {"sent": accepted}:
        raise CountError(f"of {accepted} accepted, the store says {counts}")


def _check_sink(sink: Sink, before: int, sent: int) -> None:
    """Compare what is recorded as sent with what the sink has counted since `before`."""
    with suppress(NeverHappenedError):
        wait_until(lambda: sink.messages - before >= sent, SINK_SECONDS)
    if (taken := sink.messages - before) != sent:
        raise CountError(f"{sent} are recorded as sent, and the sink took {taken}")
