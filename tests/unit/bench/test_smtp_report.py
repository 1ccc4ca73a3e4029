"""What is said of the engine: medians, ratios within a round, and goals met or missed."""

import io

from rich.console import Console

from bench.smtp.engine_cost import EngineCost
from bench.smtp.report import show_engine_cost, show_round_trips
from bench.smtp.round_trips import ROUND_TRIPS_MS, Carried, RoundTrips
from bench.smtp.ways import BDAT, DATA, EACH, KEPT, OCTETS, content


def _carried(rate: float) -> list[Carried]:
    return [
        Carried(round_trip_ms=ms, messages=int(rate * 10), seconds=10.0, cpu_seconds=rate / 1000)
        for ms in ROUND_TRIPS_MS
    ]


ROUND_TRIPS = RoundTrips(
    {
        EACH: _carried(3) + _carried(3),
        KEPT: _carried(5) + _carried(10),
        DATA: _carried(10) + _carried(20),
        BDAT: _carried(500) + _carried(500),
    }
)
COST = EngineCost({KEPT: [100.0, 80.0, 200.0], DATA: [50.0, 20.0, 60.0], BDAT: [20.0, 18.0, 40.0]})


def _console() -> Console:
    return Console(file=io.StringIO(), width=140)


def _said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_ratio_is_of_one_round() -> None:
    """The speed of a machine drifts."""
    assert [2.0, 2.0] == ROUND_TRIPS.ratios(DATA, 50)
    assert [50.0, 100.0] == ROUND_TRIPS.ratios(BDAT, 50)
    assert [0.2, 0.2, 0.225] == COST.ratios(BDAT)


def test_the_line_says_which_goal_is_met() -> None:
    console = _console()

    show_round_trips(ROUND_TRIPS, console)

    said = _said(console)
    for expected in (
        "500 (75.0, 50.0 to 100.0)",
        "2.0 times kept smtplib; the goal of 3.5 is MISSED",
        "75.0 times kept smtplib; the goal of 40 is met",
    ):
        assert expected in said


def test_the_cost_says_its_spread_and_its_goal() -> None:
    console = _console()

    show_engine_cost(COST, console)

    said = _said(console)
    for expected in ("50.0", "20.0, 60.0", "0.30", "0.25, 0.50", "0.25 MISSED", "0.25 met"):
        assert expected in said


def test_the_documents_have_every_round() -> None:
    assert 6 == len(ROUND_TRIPS.document()[KEPT]["rounds"])
    assert [20.0, 18.0, 40.0] == COST.document()[BDAT]["microseconds"]


def test_the_mail_is_as_long_as_is_said_and_right_as_it_is() -> None:
    """What is wrong smtplib would mend, and pay for it; so nothing is to be mended."""
    octets = content()

    assert OCTETS == len(octets)
    assert octets.isascii()
    assert octets.endswith(b"\r\n")
    assert octets.count(b"\r\n") == octets.count(b"\n") == octets.count(b"\r")
