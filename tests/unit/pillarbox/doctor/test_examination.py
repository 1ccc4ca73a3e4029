"""How checks are run: side by side, each for its own time, and what needs what."""

import threading
from collections.abc import Callable, Iterator

import pytest

from pillarbox.doctor.check import Check, CheckEndedError
from pillarbox.doctor.checks import NAMES, checks
from pillarbox.doctor.examination import chosen, examine
from pillarbox.doctor.finding import Finding, Level, fault, warning, well
from pillarbox.doctor.secrecy import Secrecy
from pillarbox.doctor.subject import Subject
from pillarbox.settings_survey import load, survey

NOTHING_SECRET = Secrecy(load({}))
LONG = 30.0


def _says(*findings: Finding) -> Callable[[], Iterator[Finding]]:
    return lambda: iter(findings)


def _ends(finding: Finding) -> Callable[[], Iterator[Finding]]:
    def look() -> Iterator[Finding]:
        yield well("begun")
        raise CheckEndedError(finding)

    return look


def _run(*made: Check) -> list[tuple[str, Level, str]]:
    return [(each.check, each.level, each.seen) for each in examine(made, NOTHING_SECRET)]


def test_findings_come_in_the_order_of_the_checks_under_their_names() -> None:
    found = _run(
        Check("one", _says(well("a"), warning("b", "Do")), LONG, "?"),
        Check("two", _says(fault("c", "Do")), LONG, "?"),
    )

    assert [
        ("one", Level.OK, "a"),
        ("one", Level.WARNING, "b"),
        ("two", Level.FAULT, "c"),
    ] == found


def test_a_check_that_hangs_is_named_and_holds_no_other_up() -> None:
    """What it saw before it hung is told; the rest is a fault, with what to do."""
    for_ever = threading.Event()

    def hang() -> Iterator[Finding]:
        yield well("it answered once")
        for_ever.wait(LONG)

    try:
        hung = Check("frozen", hang, 0.05, "Look at it")
        [first, second, other] = examine(
            [hung, Check("other", _says(well("fine")), LONG, "?")], NOTHING_SECRET
        )
    finally:
        for_ever.set()

    assert "it answered once" == first.seen
    assert (Level.FAULT, "no answer within 0.05 s. Look at it") == (second.level, second.line)
    assert "fine" == other.seen


def test_what_needs_a_check_that_ended_is_not_looked_at() -> None:
    """One cause is one fault: what stands on it says that it was not looked at."""
    looked = []

    def look() -> Iterator[Finding]:
        looked.append(1)
        yield well("never")

    found = _run(
        Check("database", _ends(fault("away", "Start it")), LONG, "?"),
        Check("keys", look, LONG, "?", ("database",)),
    )

    assert [] == looked
    assert [
        ("database", Level.OK, "begun"),
        ("database", Level.FAULT, "away"),
        ("keys", Level.WARNING, "not looked at, since database is not well"),
    ] == found


def test_what_needs_a_check_with_a_mere_fault_is_looked_at() -> None:
    """A database whose disk is nearly full answers all the same."""
    found = _run(
        Check("database", _says(fault("full", "Make room")), LONG, "?"),
        Check("keys", _says(well("two")), LONG, "?", ("database",)),
    )

    assert ("keys", Level.OK, "two") == found[-1]


def test_a_check_that_fails_in_an_unknown_way_is_told_without_its_words() -> None:
    """Nobody knows what stands in an error that nobody expected."""

    def fail() -> Iterator[Finding]:
        yield well("begun")
        raise RuntimeError("s3cret")

    [_, failed] = examine([Check("odd", fail, LONG, "?")], NOTHING_SECRET)

    assert Level.FAULT is failed.level
    assert "RuntimeError" in failed.line
    assert "s3cret" not in failed.line


def test_a_check_that_is_named_brings_what_it_needs() -> None:
    made = [
        Check("database", _says(), LONG, "?"),
        Check("migrations", _says(), LONG, "?", ("database",)),
        Check("keys", _says(), LONG, "?", ("migrations",)),
        Check("broker", _says(), LONG, "?"),
    ]

    assert ["database", "migrations", "keys"] == [each.name for each in chosen(made, ["keys"])]
    assert made == chosen(made, [])


def test_the_names_are_those_of_the_checks_and_what_they_need_is_there() -> None:
    environment = {"PILLARBOX_RELAY_URL": "smtps://relay.test"}
    made = checks(Subject(survey(environment), environment))

    assert set(NAMES) == {each.name for each in made}
    assert {need for each in made for need in each.needs} <= set(NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "database says: p%40ss is wrong",
        "database says: p@ss is wrong",
        "at postgresql+psycopg://ada:p%40ss@host/name",
        "redis said hidden-too",
        "the token pb_abcdefgh01_0123456789abcdef0123456789abcdef",
        "sslpassword is keyfile-word",
    ],
)
def test_no_secret_of_the_settings_is_in_a_finding_whoever_put_it_there(text: str) -> None:
    secrecy = Secrecy(
        load(
            {
                "PILLARBOX_DATABASE_URL": "postgresql+psycopg://ada:p%40ss@host/name"
                "?sslpassword=keyfile-word",
                "PILLARBOX_REDIS_URL": "redis://:hidden-too@host/0",
                "PILLARBOX_BOOTSTRAP_KEY": "pb_abcdefgh01_0123456789abcdef0123456789abcdef",
            }
        )
    )

    told = secrecy.kept_in(fault(text, text)).line

    for secret in ("p%40ss", "p@ss", "hidden-too", "0123456789abcdef", "keyfile-word"):
        assert secret not in told
    assert "***" in told


def test_a_url_without_a_password_is_no_secret() -> None:
    """It says which server is meant."""
    url = "smtp://127.0.0.1:25"
    secrecy = Secrecy(load({"PILLARBOX_RELAY_URL": url}))

    assert f"{url} fails" == secrecy.kept_in(well(f"{url} fails")).line


def test_a_finding_is_one_line() -> None:
    told = fault("it said\nthis", "Do that", about="relay").line

    assert "relay: it said this. Do that" == told
