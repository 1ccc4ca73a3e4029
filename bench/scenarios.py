"""What is measured, in which order, and what all of it is together."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from bench.latency import Latency, measure_lone_messages
from bench.machine import Machine, this_machine
from bench.plan import Plan
from bench.row import Row, measure
from bench.servers import Sink
from bench.systems.pillarbox import Pillarbox, PillarboxOnServers
from bench.systems.system import System, telling_last_words
from bench.systems.usual_way import UsualWay

BASELINE = "baseline"
LATENCY = "latency"

SYSTEMS: dict[str, tuple[str, Callable[[int], System]]] = {
    BASELINE: ("the usual way (PostgreSQL, Redis)", UsualWay),
    "embedded": ("Pillarbox (SQLite, embedded broker)", Pillarbox),
    "servers": ("Pillarbox (PostgreSQL, Redis)", PillarboxOnServers),
}
"""By scenario: what the table calls it, and how it is started for a relay's port."""

SCENARIOS = (*SYSTEMS, LATENCY)


@dataclass(frozen=True, slots=True)
class Result:
    """Everything of one run."""

    machine: Machine
    plan: Plan
    rows: dict[str, Row]
    """By scenario."""
    latency: Latency | None

    def ratio(self, scenario: str) -> float | None:
        """Return how many times faster than the baseline it is; None without a baseline."""
        baseline = self.rows.get(BASELINE)
        return self.rows[scenario].rate / baseline.rate if baseline else None

    def document(self) -> dict[str, Any]:
        """Return it for machines."""
        rows = {
            scenario: {
                **asdict(row),
                "messages_per_second": row.rate,
                "posts_per_second": row.accepting_rate,
                "ratio": self.ratio(scenario),
                "cpu_seconds_per_thousand": {
                    role: row.cpu_seconds_per_thousand(role) for role in row.used
                },
            }
            for scenario, row in self.rows.items()
        }
        return {
            "machine": asdict(self.machine),
            "plan": asdict(self.plan),
            "rows": rows,
            "latency": self.latency
            and {
                **asdict(self.latency),
                "kept_connection": self.latency.summary(on_new_connection=False),
                "new_connection": self.latency.summary(on_new_connection=True),
            },
        }


def run(plan: Plan, chosen: tuple[str, ...], tell: Callable[[str], None]) -> Result:
    """Measure the chosen scenarios one after the other; `tell` is told what comes next."""
    machine = this_machine()
    rows: dict[str, Row] = {}
    with closing(Sink()) as sink:
        for scenario, (name, start) in SYSTEMS.items():
            if scenario in chosen:
                tell(f"{name}: {plan.messages} single POSTs")
                with closing(start(sink.port)) as system, telling_last_words(system):
                    rows[scenario] = measure(name, system, sink, plan)
    latency = None
    if LATENCY in chosen:
        tell(f"lone messages on an idle system: {plan.lone + plan.cold}")
        latency = measure_lone_messages(plan)
    return Result(machine, plan, rows, latency)
