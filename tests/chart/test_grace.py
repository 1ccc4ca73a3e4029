"""A pod that goes is not killed before it is done, and gets no requests meanwhile."""

import pytest

from pillarbox.settings import Settings
from service.server import ServerOptions
from tests.chart.matrix import EXTERNAL, MATRIX, SEVERAL_RELAYS
from tests.chart.rendering import Object, named, of_kind, render
from workers.composition import ENDING_SECONDS

STORE_SECONDS = 10
"""A worker that ends waits so long for the store at most (docs/architecture.md)."""


def _pod(objects: list[Object], deployment: str) -> Object:
    spec: Object = named(objects, "Deployment", deployment)["spec"]["template"]["spec"]
    return spec


def _pre_stop(pod: Object) -> int:
    lifecycle = pod["containers"][0].get("lifecycle")
    return 0 if lifecycle is None else int(lifecycle["preStop"]["sleep"]["seconds"])


@pytest.mark.parametrize("name", MATRIX)
def test_the_api_has_time_to_be_forgotten_and_to_answer(name: str) -> None:
    """The grace counts from the deletion: preStop and the drain lie within it."""
    pod = _pod(render(MATRIX[name]), "api")
    drain = ServerOptions(host="", port=0, processes=1, threads=1).graceful_seconds

    assert pod["terminationGracePeriodSeconds"] > _pre_stop(pod) + drain


def test_the_api_takes_requests_while_proxies_still_send_them() -> None:
    """SIGTERM comes after the pod has been out of every list for a while."""
    assert 10 == _pre_stop(_pod(render(EXTERNAL), "api"))


@pytest.mark.parametrize(
    ("values", "longest"),
    [
        (EXTERNAL, Settings().smtp_timeout_end_of_data),
        (SEVERAL_RELAYS, 900.5),
        (EXTERNAL | {"config": {"PILLARBOX_SMTP_TIMEOUT_END_OF_DATA": 1200}}, 1200),
        (EXTERNAL | {"worker": {"config": {"PILLARBOX_SMTP_TIMEOUT_END_OF_DATA": 60}}}, 60),
        (SEVERAL_RELAYS | {"worker": {"preStopSeconds": 30}}, 930.5),
    ],
    ids=["default", "of one relay", "of all", "of workers", "with a preStop"],
)
def test_a_worker_has_longer_than_any_relay(values: Object, longest: float) -> None:
    """Killed before a relay's verdict, it would leave messages uncertain."""
    grace = _pod(render(values), "worker-all")["terminationGracePeriodSeconds"]

    assert grace > longest + ENDING_SECONDS + STORE_SECONDS
    assert grace < longest + 120


def test_an_operator_may_say_otherwise() -> None:
    objects = render(EXTERNAL | {"worker": {"terminationGracePeriodSeconds": 45}})

    assert 45 == _pod(objects, "worker-all")["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", MATRIX)
def test_a_rollout_takes_no_pod_before_another_is_ready(name: str) -> None:
    """Of any component."""
    for each in of_kind(render(MATRIX[name]), "Deployment"):
        rolling = each["spec"]["strategy"]["rollingUpdate"]
        assert (1, 0) == (rolling["maxSurge"], rolling["maxUnavailable"])


def test_a_pre_stop_of_nothing_is_none() -> None:
    """Kubernetes refuses a sleep of no seconds before 1.33."""
    objects = render(EXTERNAL | {"api": {"preStopSeconds": 0}})

    assert "lifecycle" not in _pod(objects, "api")["containers"][0]
    assert 40 == _pod(objects, "api")["terminationGracePeriodSeconds"]


def test_a_worker_that_is_stuck_is_not_waited_for_as_long_as_a_relay() -> None:
    """SIGTERM reaches nobody in it; with the pod's grace it would be away for eleven minutes."""
    pod = _pod(render(EXTERNAL), "worker-all")
    [worker] = pod["containers"]

    own = worker["livenessProbe"]["terminationGracePeriodSeconds"]
    assert ENDING_SECONDS + STORE_SECONDS < own < pod["terminationGracePeriodSeconds"]
