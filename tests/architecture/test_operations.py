"""What the pages for operators name is there, and what they say to type is typed by a test."""

import re
from pathlib import Path

import pytest

from pillarbox.observe.metrics import Metrics
from pillarbox.settings_survey import CLIENT_VARIABLES
from tests.operations_page import PAGES, blocks, sections
from tests.servers.installation import ROOT

INDEX = ROOT / "docs" / "operations.md"
FURTHER = sorted(PAGES.glob("*.md"))
EVENT = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
METRIC = re.compile(r"`(pillarbox_[a-z_]+)")
SETTING = re.compile(r"PILLARBOX_[A-Z_]+[A-Z]")
FIELDS = {
    *("dead_claims", "on_uncertain", "send_at", "relays_resting", "this_form"),
    *("in_use", "next_cursor"),
    *("ca_file", "max_connections", "password_file"),
    *("full_page_writes", "pg_dump"),
}
"""Words of the pages that are no events: members of answers, requests and files, programs."""
TYPING = "```sh\n"


def _pages() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in (INDEX, *FURTHER))


def _sources() -> str:
    files = (path for part in ("pillarbox", "service", "workers") for path in _python(ROOT / part))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def _python(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def test_every_event_that_operators_are_told_of_is_logged() -> None:
    named = {word for word in EVENT.findall(_pages()) if not word.startswith("pillarbox_")}
    sources = _sources()

    missing = {event for event in named - FIELDS if f'"{event}"' not in sources}

    assert named - FIELDS
    assert set() == missing


def test_every_metric_that_operators_are_told_of_is_counted() -> None:
    described = Metrics().described
    known = {each.shown_name for each in described} | {
        name for each in described for name in each.series
    }

    named = set(METRIC.findall(_pages()))

    assert named
    assert set() == named - known


def test_every_setting_that_operators_are_told_of_is_one() -> None:
    documented = set(SETTING.findall((ROOT / "docs" / "settings.md").read_text()))
    named = {each for each in SETTING.findall(_pages()) if not each.endswith("_TIMEOUT")}

    assert set() == named - documented - CLIENT_VARIABLES


@pytest.mark.parametrize("page", FURTHER, ids=lambda page: page.name)
def test_what_a_page_says_to_type_is_typed_by_a_test(page: Path) -> None:
    """A test names the page and the heading; it fails where a command does."""
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "scenes").glob("*.py")]
    typing = "\n".join(text for text in tests if f'"{page.name}"' in text and "blocks(" in text)
    headings = [name for name, text in sections(page.name).items() if TYPING in text]

    assert headings
    assert [] == [name for name in headings if f'"{name}"' not in typing]


def test_every_page_is_found_from_the_first() -> None:
    linked = set(re.findall(r"\]\(operations/([a-z]+\.md)\)", INDEX.read_text(encoding="utf-8")))

    assert {page.name for page in FURTHER} == linked


def test_the_capacity_that_is_planned_with_was_measured() -> None:
    """Each number of the tables stands on the page that says how it was had."""
    measured = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    rows = [line for line in sections("scale.md")["Capacity"].splitlines() if line[:1] == "|"]
    cells = [cell.strip() for row in rows for cell in row.split("|")[2:-1]]
    numbers = [cell for cell in cells if re.fullmatch(r"[\d,.]+", cell)]

    assert 16 == len(numbers)
    assert [] == [
        each for each in numbers if not re.search(rf"(?<![\d.]){each}(?![\d.])", measured)
    ]


def test_units_and_settings_of_a_page_are_there_to_be_tested() -> None:
    assert 2 == len(blocks("install.md", "The units", "ini"))
    assert 1 == len(blocks("install.md", "The settings", "ini"))
