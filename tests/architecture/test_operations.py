"""What the page for operators names is there: what is not, misleads whoever is in need."""

import re
from pathlib import Path

from pillarbox.observe.metrics import Metrics
from tests.servers.installation import ROOT

PAGE = ROOT / "docs" / "operations.md"
EVENT = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
METRIC = re.compile(r"`(pillarbox_[a-z_]+)")
SETTING = re.compile(r"PILLARBOX_[A-Z_]+[A-Z]")
FIELDS = {"dead_claims", "on_uncertain", "send_at", "relays_resting", "this_form"}
"""Words of the page that are no events: members of answers and of requests."""


def _sources() -> str:
    files = (path for part in ("pillarbox", "service", "workers") for path in _python(ROOT / part))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def _python(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def test_every_event_that_operators_are_told_of_is_logged() -> None:
    named = {word for word in EVENT.findall(PAGE.read_text()) if not word.startswith("pillarbox_")}
    sources = _sources()

    missing = {event for event in named - FIELDS if f'"{event}"' not in sources}

    assert named - FIELDS
    assert set() == missing


def test_every_metric_that_operators_are_told_of_is_counted() -> None:
    described = Metrics().described
    known = {each.shown_name for each in described} | {
        name for each in described for name in each.series
    }

    named = set(METRIC.findall(PAGE.read_text()))

    assert named
    assert set() == named - known


def test_every_setting_that_operators_are_told_of_is_one() -> None:
    documented = set(SETTING.findall((ROOT / "docs" / "settings.md").read_text()))
    named = {each for each in SETTING.findall(PAGE.read_text()) if not each.endswith("_TIMEOUT")}

    assert set() == named - documented
