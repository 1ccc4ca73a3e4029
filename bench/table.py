"""The run as text."""

import statistics

from rich.console import Console
from rich.table import Table

from bench.distribution import histogram
from bench.latency import Latency
from bench.row import OURS, Row
from bench.scenarios import POSTFIX, Result
from bench.smtp.report import show_engine_cost, show_round_trips

ROLES = (
    "postfix",
    "api",
    "worker",
    "scheduler",
    "up",
    "broker",
    "database",
    "sink",
    "load",
    "bench",
)
"""In the order of the table; `bench` looks at the store, `load` posts."""

DISTURBED = 0.1
"""From here on, what other processes took has moved the ratios."""

_MEGABYTE = 1_000_000


def show(result: Result, console: Console) -> None:
    """Print everything."""
    console.print(str(result.machine), highlight=False)
    if result.rows:
        console.print(_speed(result))
        if any(row.others_share > DISTURBED for rows in result.rows.values() for row in rows):
            console.print("DISTURBED: other processes took CPU time meanwhile; measure again")
        console.print(_costs(result))
    if result.latency:
        _show_latency(result.latency, console)
    if result.round_trips:
        show_round_trips(result.round_trips, console)
    if result.engine_cost:
        show_engine_cost(result.engine_cost, console)


def _speed(result: Result) -> Table:
    plan = result.plan
    table = Table(
        title=f"{plan.messages} messages (4 KB, one recipient), single over {plan.connections}"
        f" connections or {plan.batch} a batch over {plan.batch_connections};"
        f" median of {plan.rounds} rounds",
        title_justify="left",
    )
    table.add_column(no_wrap=True)
    for heading in (
        "messages/s",
        "÷ usual way",
        "÷ Postfix",
        "accepted/s",
        "POST p50, p99 ms",
        "to 250 p50, p99 ms",
        "others %",
    ):
        table.add_column(heading, justify="right")
    for scenario in result.rows:
        row = result.middle(scenario)
        table.add_row(
            row.name,
            f"{row.rate:.0f}",
            _ratio(result.ratios(scenario)),
            _ratio(result.ratios(scenario, to=POSTFIX)),
            f"{row.accepting_rate:.0f}",
            _times(row.post_p50_ms, row.post_p99_ms),
            _times(row.to_250_p50_ms, row.to_250_p99_ms),
            f"{row.others_share * 100:.0f}",
        )
    return table


def _ratio(ratios: list[float]) -> str:
    """Write the median, and from where to where the rounds' ratios go."""
    if not ratios:
        return ""
    median = f"{statistics.median(ratios):.1f}"
    spread = f"{ratios[0]:.1f} to {ratios[-1]:.1f}"
    return f"{median} ({spread})" if ratios[0] < ratios[-1] else median


def _times(p50: float | None, p99: float | None) -> str:
    return "" if p50 is None or p99 is None else f"{p50:.0f}, {p99:.0f}"


def _costs(result: Result) -> Table:
    table = Table(title="CPU seconds per 1,000 messages, peak memory in MB", title_justify="left")
    table.add_column()
    rows = [result.middle(scenario) for scenario in result.rows]
    for row in rows:
        table.add_column(row.name, justify="right")
    for role in ROLES:
        if any(role in row.used for row in rows):
            table.add_row(role, *(_cost(row, role) for row in rows), end_section=role == "database")
    table.add_section()
    table.add_row("the system", *(_cost(row, *(set(ROLES) - set(OURS))) for row in rows))
    if any(map(result.cheapness, result.rows)):
        times = (result.cheapness(scenario) for scenario in result.rows)
        table.add_row("CPU ratio", *(f"{each:.1f}      " if each else "" for each in times))
    return table


def _cost(row: Row, *roles: str) -> str:
    """Write the sum of these roles; nothing if the system has none of them."""
    own = [role for role in roles if role in row.used]
    cpu = sum(row.cpu_seconds_per_thousand(role) for role in own)
    peak = sum(row.used[role].peak_octets for role in own) / _MEGABYTE
    return f"{cpu:.2f} {peak:5.0f}" if own else ""


def _show_latency(latency: Latency, console: Console) -> None:
    console.print("Lone messages, idle, embedded: from the POST's answer to the relay's 250")
    for name, is_new in (("kept relay connection", False), ("new relay connection", True)):
        if summary := latency.summary(on_new_connection=is_new):
            times = ", ".join(
                f"{key} {value:.1f} ms" for key, value in summary.items() if key != "count"
            )
            console.print(f"  {name}, {summary['count']} messages: {times}", highlight=False)
    for line in histogram(latency.milliseconds(on_new_connection=False)):
        console.print(line, highlight=False)
