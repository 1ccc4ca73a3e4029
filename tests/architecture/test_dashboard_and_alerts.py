"""What operators are shown and woken by is there: a query of a name that is not, is silence."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from pillarbox.observe.metrics import Metrics
from tests.promql import UnreadableError, named
from tests.servers.installation import ROOT

FILES = ROOT / "helm" / "files"
PAGE = ROOT / "docs" / "operations.md"
OF_A_SCRAPE = frozenset({"namespace", "pod", "instance"})
"""Labels that Prometheus adds to what it reads."""


def _rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((FILES / "alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def _alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in _rules() if "alert" in rule}


def _panels() -> list[dict[str, Any]]:
    document = json.loads((FILES / "dashboard.json").read_text(encoding="utf-8"))
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def _known() -> dict[str, frozenset[str]]:
    """Every series that there is, with its labels; what rules record among them."""
    counted = {
        name: labels | OF_A_SCRAPE
        for each in Metrics().described
        for name, labels in each.series.items()
    }
    return counted | {rule["record"]: OF_A_SCRAPE for rule in _rules() if "record" in rule}


def _queries() -> Iterator[tuple[str, str]]:
    for rule in _rules():
        yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in _panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def test_every_series_that_is_asked_for_is_exposed_with_those_labels() -> None:
    """By the names and labels that the product's own registry has."""
    known = _known()
    wrong = []

    for where, query in _queries():
        found = named(query)
        assert found.selectors, where
        for name, labels in found.selectors:
            if name not in known or not labels <= known[name]:
                wrong.append((where, name, sorted(labels)))
        everywhere = frozenset.union(*(known.get(name, frozenset()) for name, _ in found.selectors))
        if not found.grouped <= everywhere:
            wrong.append((where, "by", sorted(found.grouped - everywhere)))

    assert [] == wrong


def test_every_metric_is_drawn() -> None:
    """One that nobody looks at has no reason to be counted."""
    drawn = {name for _, query in _queries() for name, _ in named(query).selectors}

    assert [] == [
        each.shown_name
        for each in Metrics().described
        if not drawn & (set(each.series) | {each.shown_name})
    ]


def test_every_legend_names_labels_that_its_query_keeps() -> None:
    """A legend of a label that was summed away is empty."""
    wrong = []
    for panel in _panels():
        for target in panel["targets"]:
            wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            found = named(target["expr"])
            if not wanted <= found.grouped | (set() if found.grouped else OF_A_SCRAPE):
                wrong.append((panel["title"], target["legendFormat"]))

    assert [] == wrong


def test_the_dashboard_is_drawn_from_a_chosen_source_in_units() -> None:
    """It is loaded where nobody knows its data source's name; a number without a unit misleads."""
    for panel in _panels():
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"] in {
            "s",
            "cps",
            "reqps",
            "percentunit",
            "short",
        }
        assert panel["description"].endswith(".")
        assert panel["title"]
    places = {(each["gridPos"]["x"], each["gridPos"]["y"]) for each in _panels()}
    assert len(_panels()) == len(places)


def test_every_alert_says_how_bad_it_is_and_where_to_read_on() -> None:
    page = PAGE.read_text(encoding="utf-8")
    explained = re.findall(r"^### (Pillarbox\w+)$", page, re.MULTILINE)

    assert sorted(_alerts()) == sorted(explained)
    for name, alert in _alerts().items():
        assert alert["labels"]["severity"] in {"warning", "critical"}
        assert {"summary", "description", "runbook"} == set(alert["annotations"])
        assert f"docs/operations.md#{name.lower()}" == alert["annotations"]["runbook"]


def test_every_alert_has_a_scenario_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    """Those run by promtool itself (tests/integration/test_alerts.py)."""
    document = yaml.safe_load((ROOT / "tests" / "rules" / "alerts.yaml").read_text("utf-8"))
    asked = [each for test in document["tests"] for each in test["alert_rule_test"]]

    fires = {each["alertname"] for each in asked if each["exp_alerts"]}
    silent = {each["alertname"] for each in asked if not each["exp_alerts"]}

    assert set(_alerts()) == fires
    assert set(_alerts()) == silent


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("up", [("up", frozenset())]),
        ('sum by (a) (rate(x_total{b=~"y{2}", c!="(z"}[5m] offset 1h)) > bool 1e3', [
            ("x_total", frozenset({"b", "c"})),
        ]),
        ("sum(x) by (le) / on (a) group_left (b) y{} # not_this", [
            ("x", frozenset()), ("y", frozenset()),
        ]),
        ("time() - max(x:y:z) unless absent(w) == 1", [("x:y:z", frozenset()), ("w", frozenset())]),
        ("histogram_quantile(0.95, rate(x_bucket[$__rate_interval]))", [("x_bucket", frozenset())]),
    ],
)  # fmt: skip
def test_queries_are_read_to_their_end(
    query: str, expected: list[tuple[str, frozenset[str]]]
) -> None:
    """The check above would see nothing of what it does not read."""
    assert expected == named(query).selectors


@pytest.mark.parametrize("query", ["x ? y", '{job="x"}', "x{a='b'", "sum by (a"])
def test_what_cannot_be_read_is_told(query: str) -> None:
    """Whether brackets are balanced is promtool's business."""
    with pytest.raises(UnreadableError):
        named(query)
