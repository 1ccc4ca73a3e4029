"""What is measured, in which order, and what all of it is together."""

import statistics
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from bench.latency import Latency, measure_lone_messages
from bench.machine import Machine, this_machine
from bench.plan import Plan
from bench.row import Row, measure
from bench.servers import Sink
from bench.smtp.engine_cost import EngineCost, measure_engine_cost
from bench.smtp.round_trips import RoundTrips, measure_round_trips
from bench.systems.pillarbox import Pillarbox, PillarboxOnServers
from bench.systems.postfix import Postfix
from bench.systems.system import System, telling_last_words
from bench.systems.usual_way import UsualWay

BASELINE = "baseline"
POSTFIX = "postfix"
LATENCY = "latency"
LINE = "line"
ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the table calls it, how it is started for a relay's port, whether it takes batches."""

    name: str
    start: Callable[[int], System]
    batches: bool = False


SYSTEMS = {
    BASELINE: Scenario("usual way", UsualWay),
    POSTFIX: Scenario("Postfix", Postfix),
    "embedded": Scenario("Pillarbox embedded", Pillarbox),
    "servers": Scenario("Pillarbox servers", PillarboxOnServers),
    "embedded-batch": Scenario("embedded, batch", Pillarbox, batches=True),
    "servers-batch": Scenario("servers, batch", PillarboxOnServers, batches=True),
}
"""What is under load; `servers` are PostgreSQL and Redis, `embedded` is SQLite and Valkey."""

SCENARIOS = (*SYSTEMS, LATENCY, LINE, ENGINE)


@dataclass(frozen=True, slots=True)
class Result:
    """Everything of one run."""

    machine: Machine
    plan: Plan
    rows: dict[str, list[Row]]
    """By scenario, one of each round."""
    latency: Latency | None
    round_trips: RoundTrips | None = None
    engine_cost: EngineCost | None = None

    def middle(self, scenario: str) -> Row:
        """Return the round that had the median rate (of two, the slower)."""
        return sorted(self.rows[scenario], key=lambda row: row.rate)[
            (len(self.rows[scenario]) - 1) // 2
        ]

    def ratios(self, scenario: str, to: str = BASELINE) -> list[float]:
        """Return how many times faster than another of its round each was, in order."""
        pairs = zip(self.rows[scenario], self.rows.get(to, []), strict=False)
        return sorted(row.rate / other.rate for row, other in pairs)

    def cheapness(self, scenario: str) -> float | None:
        """Return how many times less CPU a message costs than the baseline's, medians of both."""
        if BASELINE not in self.rows:
            return None
        baseline, this = (
            statistics.median(row.own_cpu_seconds_per_thousand for row in self.rows[name])
            for name in (BASELINE, scenario)
        )
        return baseline / this if this else None

    def document(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "machine": asdict(self.machine),
            "plan": asdict(self.plan),
            "rows": {
                scenario: [row.document() for row in rows] for scenario, rows in self.rows.items()
            },
            "ratios": {scenario: self.ratios(scenario) for scenario in self.rows},
            "postfix_ratios": {
                scenario: self.ratios(scenario, to=POSTFIX) for scenario in self.rows
            },
            "cpu_ratios": {scenario: self.cheapness(scenario) for scenario in self.rows},
            "latency": self.latency
            and {
                **asdict(self.latency),
                "kept_connection": self.latency.summary(on_new_connection=False),
                "new_connection": self.latency.summary(on_new_connection=True),
            },
            "round_trips": self.round_trips and self.round_trips.document(),
            "engine_cost": self.engine_cost and self.engine_cost.document(),
        }


def run(plan: Plan, chosen: tuple[str, ...], tell: Callable[[str], None]) -> Result:
    """Measure the chosen scenarios one after the other; `tell` is told what comes next."""
    machine = this_machine()
    rows = _rows(plan, [scenario for scenario in SYSTEMS if scenario in chosen], tell)
    latency = None
    if LATENCY in chosen:
        tell(f"lone messages on an idle system: {plan.lone + plan.cold}")
        latency = measure_lone_messages(plan)
    round_trips = measure_round_trips(plan, tell) if LINE in chosen else None
    engine_cost = measure_engine_cost(plan, tell) if ENGINE in chosen else None
    return Result(machine, plan, rows, latency, round_trips, engine_cost)


def _rows(plan: Plan, chosen: list[str], tell: Callable[[str], None]) -> dict[str, list[Row]]:
    """Measure systems under load, in rounds; none of them, and there is no sink to start."""
    rows: dict[str, list[Row]] = {}
    if not chosen:
        return rows
    with closing(Sink()) as sink:
        for turn in range(plan.rounds):
            for scenario in chosen:
                chosen_one = SYSTEMS[scenario]
                batch = plan.batch if chosen_one.batches else 1
                tell(f"round {turn + 1} of {plan.rounds}: {chosen_one.name}, {plan.messages}")
                with closing(chosen_one.start(sink.port)) as system, telling_last_words(system):
                    row = measure(chosen_one.name, system, sink, plan, batch=batch)
                rows.setdefault(scenario, []).append(row)
    return rows
