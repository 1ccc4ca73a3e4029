"""What a run is as a table: medians of rounds, ratios within a round, costs by role."""

import io

from rich.console import Console

from bench import table
from bench.latency import Latency, Lone
from bench.machine import Machine
from bench.plan import Plan
from bench.processes import MachineSeconds, Usage
from bench.row import Row
from bench.scenarios import Result

MACHINE = Machine(cores=2, processor="a processor", system="Debian", python="3.11.2", sync_ms=0.2)


def _row(name: str, seconds: float, *, others: float = 0.0) -> Row:
    return Row(
        name=name,
        messages=1000,
        seconds=seconds,
        accepting_seconds=seconds / 2,
        post_p50_ms=1.5,
        post_p99_ms=9.5,
        to_250_p50_ms=21.5,
        to_250_p99_ms=87.5,
        others_share=others,
        used={"api": Usage(2.5, 100_000_000), "load": Usage(0.5, 17_000_000)},
    )


def _result(*, others: float = 0.0) -> Result:
    return Result(
        machine=MACHINE,
        plan=Plan(messages=1000),
        rows={
            "baseline": [_row("usual", seconds) for seconds in (5.0, 4.0, 10.0)],
            "embedded": [_row("embedded", seconds, others=others) for seconds in (1.0, 2.0, 2.0)],
        },
        latency=Latency([Lone(2.0, 4.5, on_new_connection=False)]),
    )


def _shown(result: Result) -> str:
    console = Console(file=io.StringIO(), width=140)
    table.show(result, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_system_is_shown_by_its_round_of_median_rate() -> None:
    result = _result()

    assert [5.0, 2.0] == [result.middle(scenario).seconds for scenario in result.rows]


def test_ratios_are_of_the_same_round() -> None:
    """The speed of a machine drifts, and a round is short."""
    assert [2.0, 5.0, 5.0] == _result().ratios("embedded")


def test_the_cpu_ratio_is_of_the_systems_own_processes() -> None:
    """It moves less than the rates do when other processes take their share."""
    assert 1.0 == _result().cheapness("embedded")


def test_there_is_no_ratio_without_a_baseline() -> None:
    result = Result(MACHINE, Plan(), {"embedded": [_row("embedded", 1.0)]}, None)

    assert [] == result.ratios("embedded")
    assert result.cheapness("embedded") is None
    assert "embedded" in _shown(result)


def test_the_table_shows_rates_ratios_and_costs() -> None:
    shown = _shown(_result())

    for expected in (
        "500",
        "5.0 (2.0 to 5.0)",
        "22, 88",
        "2.50   100",
        "2 cores",
        "p50 4.5 ms",
        "CPU ratio",
    ):
        assert expected in shown
    assert "DISTURBED" not in shown


def test_a_run_that_was_disturbed_says_so() -> None:
    assert "DISTURBED" in _shown(_result(others=0.5))


def test_the_document_has_every_round() -> None:
    document = _result().document()

    assert 3 == len(document["rows"]["embedded"])
    assert 2.5 == document["rows"]["embedded"][0]["cpu_seconds_per_thousand"]["api"]
    assert 4.5 == document["latency"]["kept_connection"]["p50"]


def test_what_others_took_is_what_was_worked_and_not_ours() -> None:
    worked = MachineSeconds(worked=9.0, there=20.0).since(MachineSeconds(worked=1.0, there=10.0))

    assert 0.5 == worked.share_beyond(3.0)
    assert 0.0 == worked.share_beyond(8.5)
