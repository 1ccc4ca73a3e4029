"""A dashboard as Grafana wants it: JSON, made from what it is to draw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WIDTH, _HEIGHT = 24, 8
"""Of the whole, in columns, and of a panel, in lines of Grafana's grid."""
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A drawing: pairs of a query and its legend, in a unit of Grafana's; `stacked` adds them up.

    `wide` is how many of twenty-four columns it takes.
    """

    title: str
    says: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    stacked: bool = False
    wide: int = 8


def dashboard(rows: Mapping[str, Sequence[Panel]]) -> str:
    """Return the JSON of a dashboard of these rows."""
    document = {
        "title": "Pillarbox",
        "uid": "pillarbox",
        "tags": ["pillarbox", "mail"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": _variables()},
        "panels": _panels(rows),
    }
    return json.dumps(document, indent=2) + "\n"


def _variables() -> list[dict[str, Any]]:
    asked = {
        "namespace": "label_values(pillarbox_build_info, namespace)",
        "relay": 'label_values(pillarbox_relay_breaker{namespace=~"$namespace"}, relay)',
    }
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
        *(
            {
                "name": name,
                "label": name.capitalize(),
                "type": "query",
                "datasource": _SOURCE,
                "query": {"query": query, "refId": name},
                "refresh": 2,
                "multi": True,
                "includeAll": True,
                "allValue": ".*",
                "current": {"text": "All", "value": "$__all"},
                "sort": 1,
            }
            for name, query in asked.items()
        ),
    ]


def _panels(rows: Mapping[str, Sequence[Panel]]) -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = []
    top = 0
    for title, panels in rows.items():
        place = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
        drawn.append({"id": len(drawn) + 1, "type": "row", "title": title, "gridPos": place})
        top, left = top + 1, 0
        for panel in panels:
            if left + panel.wide > _WIDTH:
                top, left = top + _HEIGHT, 0
            place = {"x": left, "y": top, "w": panel.wide, "h": _HEIGHT}
            drawn.append({"id": len(drawn) + 1, "gridPos": place, **_drawn(panel)})
            left += panel.wide
        top += _HEIGHT
    return drawn


def _drawn(panel: Panel) -> dict[str, Any]:
    custom = {"fillOpacity": 25, "stacking": {"mode": "normal"}} if panel.stacked else {}
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "custom": {"showPoints": "never", **custom}},
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {"refId": chr(ord("A") + number), "expr": query, "legendFormat": legend}
            for number, (query, legend) in enumerate(panel.queries)
        ],
    }
