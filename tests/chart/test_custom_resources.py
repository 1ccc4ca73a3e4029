"""Custom resources are what their definitions know; a cluster would drop the rest in silence."""

from collections.abc import Callable

import pytest

from tests.chart.custom_resources import faults
from tests.chart.kubernetes import is_own
from tests.chart.matrix import EVERYTHING, KEDA, MATRIX
from tests.chart.rendering import Object, of_kind, render


def test_every_custom_resource_is_valid() -> None:
    """Of every way to install the chart, and each of the kinds that it knows is among them."""
    found = [each for values in MATRIX.values() for each in render(values) if not is_own(each)]

    assert {"HTTPRoute", "PodMonitor", "PrometheusRule", "ScaledObject", "ServiceMonitor"} == {
        each["kind"] for each in found
    }
    assert [] == faults(found)


def _misspell_backend(route: Object) -> None:
    backend = route["spec"]["rules"][0]["backendRefs"][0]
    backend["prot"] = backend.pop("port")


def _misspell_interval(monitor: Object) -> None:
    monitor["spec"]["endpoints"][0]["intervall"] = "30s"


def _drop_target(scaled: Object) -> None:
    del scaled["spec"]["scaleTargetRef"]["name"]


def _misspell_labels(rule: Object) -> None:
    rule["metadata"]["lables"] = {}


@pytest.mark.parametrize(
    ("kind", "spoil", "fault"),
    [
        ("HTTPRoute", _misspell_backend, "/spec/rules/0/backendRefs/0/prot: nobody knows it"),
        ("ServiceMonitor", _misspell_interval, "/spec/endpoints/0/intervall: nobody knows it"),
        ("ScaledObject", _drop_target, "/spec/scaleTargetRef: required"),
        ("PrometheusRule", _misspell_labels, "/metadata/lables: nobody knows it"),
    ],
)
def test_what_a_definition_does_not_know_is_a_fault(
    kind: str, spoil: Callable[[Object], None], fault: str
) -> None:
    """What the test before stands on."""
    [each] = of_kind(render(KEDA if kind == "ScaledObject" else EVERYTHING), kind)[:1]
    spoil(each)

    [said] = faults([each])

    assert said.endswith(fault)
