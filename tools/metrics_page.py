"""The page of the metrics, made from the metrics themselves."""

from collections.abc import Iterable

from pillarbox.observe.catalogue import Described, Role, Values
from pillarbox.observe.metrics import Metrics

_SHOWN_AT = {
    Role.API: "on the API's own port",
    Role.WORKER: "on `PILLARBOX_HEALTH_PORT`",
    Role.SCHEDULER: "on `PILLARBOX_HEALTH_PORT`",
}


def metrics_page(made: str) -> str:
    """List every metric: its name, type, labels with their values, sentence, and who shows it."""
    described = Metrics().described
    lines = [
        "# Metrics",
        "",
        made,
        "Every process answers `GET /metrics`, without a key, in Prometheus' text:",
        ", ".join(f"`{role}` {where}" for role, where in _SHOWN_AT.items()) + ".",
        "Processes of one API (and the workers of one `pillarbox up`) are summed, whichever is",
        "asked; what a process has counted stays when it ends.",
        "",
        "A process shows what its role counts. What all processes see alike (the queue, a relay's",
        "budget) is the same number from each: take its maximum, not its sum. A counter's name is",
        "as it is queried; a histogram is `_bucket` (with the further label `le`), `_sum` and",
        "`_count`. What to alert on is in [operations](operations.md#read-each-alert).",
    ]
    for role in Role:
        lines += ["", f"## {role.capitalize() if role is not Role.API else 'API'}", ""]
        lines += _table(each for each in described if each.roles == (role,))
    lines += ["", "## Of several", ""]
    lines += _table((each for each in described if len(each.roles) > 1), who=True)
    return "\n".join(lines) + "\n"


def _table(described: Iterable[Described], *, who: bool = False) -> list[str]:
    head = ["name", "type", "labels", "what it says", *(["shown by"] if who else [])]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for each in described:
        cells = [f"`{each.shown_name}`", each.kind.value, _labels(each), each.sentence]
        if who:
            cells.append(", ".join(each.roles))
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return lines


def _labels(described: Described) -> str:
    return "; ".join(f"`{name}`: {_values(values)}" for name, values in described.labels.items())


def _values(values: Values) -> str:
    if isinstance(values, str):
        return values
    return ", ".join(f"`{value}`" for value in values)
