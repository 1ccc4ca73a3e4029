"""The rules as Prometheus' own tool sees them."""

import json
import re
from pathlib import Path

import yaml

from tests.servers.installation import ROOT
from tests.servers.promtool import Promtool


def test_prometheus_takes_the_rules(promtool: Promtool) -> None:
    """A rule that it does not take leaves all of its file out."""
    assert "" == promtool.check_rules(ROOT / "helm" / "files" / "alerts.yaml")


def test_each_alert_fires_on_its_scenario_and_not_otherwise(promtool: Promtool) -> None:
    """With the labels and the words that whoever is woken reads."""
    assert "" == promtool.test_rules(ROOT / "tests" / "rules" / "alerts.yaml")


def test_every_query_of_the_dashboard_is_one(promtool: Promtool, tmp_path: Path) -> None:
    """Read as rules, with a word in place of each of Grafana's variables."""
    drawn = json.loads((ROOT / "helm" / "files" / "dashboard.json").read_text(encoding="utf-8"))
    queries = [each["expr"] for panel in drawn["panels"] for each in panel.get("targets", ())]
    rules = [
        {"record": f"query:{number}", "expr": re.sub(r"\$\w+", "5m", query)}
        for number, query in enumerate(queries)
    ]
    written = tmp_path / "queries.yaml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "drawn", "rules": rules}]}))

    assert rules
    assert "" == promtool.check_rules(written)
