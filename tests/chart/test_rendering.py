"""Every way to install the chart renders, lints and is what Kubernetes knows."""

import pytest

from tests.chart.kubernetes import VERSIONS, faults, is_own
from tests.chart.matrix import MATRIX
from tests.chart.rendering import CHART, Object, helm, render


@pytest.mark.parametrize("name", MATRIX)
def test_the_chart_is_clean(name: str) -> None:
    """`helm lint --strict`: a warning is an error."""
    said = helm("lint", "--strict", str(CHART), values=MATRIX[name])

    assert "0 chart(s) failed" in said
    assert "[WARNING]" not in said


def test_there_are_versions_to_be_valid_for() -> None:
    """From the oldest that `kubeVersion` lets in to the newest that is carried."""
    assert "1.31" == next(iter(VERSIONS))
    assert len(VERSIONS) >= 7


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", MATRIX)
def test_every_object_is_valid(name: str, version: str) -> None:
    """Strictly: a field that this Kubernetes does not know is refused, as `kubectl` would."""
    objects = [each for each in render(MATRIX[name]) if is_own(each)]

    assert len(objects) > 5
    assert [] == [fault for each in objects for fault in faults(each, version)]


def test_a_field_that_nobody_knows_is_a_fault() -> None:
    """What the test before stands on."""
    [service] = [each for each in render(MATRIX["external"]) if each["kind"] == "Service"]
    service["spec"]["prot"] = 80

    assert ["Service $.spec: Additional properties are not allowed ('prot' was unexpected)"] == (
        faults(service, "1.31")
    )


@pytest.mark.parametrize("name", MATRIX)
def test_no_object_stands_twice(name: str) -> None:
    """The second would overwrite the first."""
    names = [_identity(each) for each in render(MATRIX[name])]

    assert sorted(set(names)) == sorted(names)


def _identity(each: Object) -> str:
    return f"{each['apiVersion']} {each['kind']} {each['metadata']['name']}"
