"""Names fit where Kubernetes puts them, however long a release's is."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.matrix import EVERYTHING, KEDA, TRIAL
from tests.chart.rendering import CHART, Object, helm, parsed

LONGEST_RELEASE = "a-release-whose-name-is-as-long-as-helm-lets-it-be-ok"
LONGEST_NAME = 63
LONGEST_LABEL = 63
LONGEST_STATEFUL_SET = 52
"""The label `controller-revision-hash` of its pods is its name, and eleven characters."""
LONGEST_GROUP = "as-long-as-groups-be"


def _rendered(values: dict[str, Any], *options: str) -> list[Object]:
    return parsed(helm("template", LONGEST_RELEASE, str(CHART), *options, values=values))


def _labels(each: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a manifest
    if isinstance(each, dict):
        for name, value in each.items():
            if name in {"labels", "matchLabels"} and isinstance(value, dict):
                yield from value.values()
            yield from _labels(value)
    elif isinstance(each, list):
        for part in each:
            yield from _labels(part)


@pytest.mark.parametrize("values", [EVERYTHING, KEDA, TRIAL], ids=["everything", "keda", "trial"])
def test_the_longest_names_fit(values: dict[str, Any]) -> None:
    """A Deployment whose name is too long has no pods, and says so where nobody looks."""
    assert 53 == len(LONGEST_RELEASE)
    group = [{"name": LONGEST_GROUP, "lanes": ["high", "normal", "low"]}]
    objects = _rendered(values | {"worker": values.get("worker", {}) | {"groups": group}})

    for each in objects:
        longest = LONGEST_STATEFUL_SET if each["kind"] == "StatefulSet" else LONGEST_NAME
        assert len(each["metadata"]["name"]) <= longest, each["metadata"]["name"]
    labels = list(_labels(objects))
    assert labels
    assert [] == [value for value in labels if len(value) > LONGEST_LABEL]


def test_names_may_be_chosen() -> None:
    """All of them begin with the one that is given."""
    objects = _rendered(EVERYTHING, "--set=fullnameOverride=outbox")

    names = {each["metadata"]["name"] for each in objects}
    assert set() == {name for name in names if not name.startswith("outbox")}


def test_a_release_that_is_called_like_the_chart_is_not_called_so_twice() -> None:
    objects = parsed(helm("template", "pillarbox", str(CHART), values=KEDA))

    names = {each["metadata"]["name"] for each in objects}
    assert "pillarbox-api" in names
    assert set() == {name for name in names if "pillarbox-pillarbox" in name}
