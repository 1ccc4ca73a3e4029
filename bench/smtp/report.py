"""What was found of the engine, as text."""

import statistics

from rich.console import Console
from rich.table import Table

from bench.smtp.engine_cost import BARE, GOAL, EngineCost
from bench.smtp.round_trips import GOAL_MS, GOALS, ROUND_TRIPS_MS, RoundTrips
from bench.smtp.ways import KEPT, OCTETS, WAYS


def show_round_trips(found: RoundTrips, console: Console) -> None:
    """Print messages a second by round trip time, and whether the goals are met."""
    table = Table(
        title=f"One connection to Postfix, no TLS, {OCTETS} octets, one recipient: messages/s"
        " (÷ kept smtplib, its spread) by round trip",
        title_justify="left",
    )
    table.add_column(no_wrap=True)
    for milliseconds in ROUND_TRIPS_MS:
        table.add_column(f"{milliseconds} ms", justify="right", no_wrap=True)
    table.add_column("CPU µs at 0 ms", justify="right", no_wrap=True)
    for way in WAYS:
        cells = [_rate(found, way, milliseconds) for milliseconds in ROUND_TRIPS_MS]
        table.add_row(way, *cells, f"{found.cpu_us(way, 0):.0f}")
    console.print(table)
    for way, goal in GOALS.items():
        ratio = statistics.median(found.ratios(way, GOAL_MS))
        said = "met" if ratio >= goal else "MISSED"
        line = f"  {way}, {GOAL_MS} ms: {ratio:.1f} times kept smtplib; the goal of {goal:g} is"
        console.print(f"{line} {said}", highlight=False)


def show_engine_cost(found: EngineCost, console: Console) -> None:
    """Print CPU microseconds a message, and whether the goal is met."""
    rounds = len(found.microseconds[KEPT])
    table = Table(
        title=f"CPU of the client's thread, user and system, {OCTETS} octets,"
        f" a relay that answers at once; {rounds} rounds in turn",
        title_justify="left",
    )
    table.add_column(no_wrap=True)
    for heading in ("µs/message", "from, to", "÷ kept smtplib", "from, to", "of the best", "goal"):
        table.add_column(heading, justify="right", no_wrap=True)
    for way, microseconds in found.microseconds.items():
        values, ratios = sorted(microseconds), found.ratios(way)
        ratio = statistics.median(ratios)
        table.add_row(
            way,
            f"{found.median(way):.1f}",
            f"{values[0]:.1f}, {values[-1]:.1f}",
            f"{ratio:.2f}",
            f"{ratios[0]:.2f}, {ratios[-1]:.2f}",
            f"{found.best(way):.2f}",
            "" if way in {KEPT, BARE} else f"{GOAL:g} {'met' if ratio <= GOAL else 'MISSED'}",
        )
    console.print(table)


def _rate(found: RoundTrips, way: str, milliseconds: int) -> str:
    rate = found.rate(way, milliseconds)
    shown = f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"  # noqa: PLR2004 -- two digits say enough
    ratios = found.ratios(way, milliseconds)
    if way == KEPT:
        return f"{shown} (1)"
    median = statistics.median(ratios)
    spread = f", {ratios[0]:.1f} to {ratios[-1]:.1f}" if len(ratios) > 1 else ""
    return f"{shown} ({median:.1f}{spread})"
