"""Probes ask what the product answers, on the port where it does."""

from http import HTTPStatus

import pytest

from pillarbox.settings_survey import load
from service.app import create_app
from tests.chart.environments import variables
from tests.chart.matrix import EVERYTHING, MATRIX
from tests.chart.rendering import Object, of_kind, render
from tests.fakes.services import World
from workers.health import Health

KINDS = {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}


def _containers(objects: list[Object]) -> list[Object]:
    return [
        container
        for each in of_kind(objects, "Deployment")
        for container in each["spec"]["template"]["spec"]["containers"]
    ]


@pytest.mark.parametrize("name", MATRIX)
def test_every_role_is_asked_whether_it_lives_and_is_ready(name: str) -> None:
    """Of a probe that asks elsewhere, the pod would never be ready."""
    objects = render(MATRIX[name])

    for container in _containers(objects):
        [port] = container["ports"]
        for kind, path in KINDS.items():
            get = container[kind]["httpGet"]
            assert (path, port["name"]) == (get["path"], get["port"])


def test_the_ports_are_those_that_the_roles_listen_on() -> None:
    """What the container declares is what its environment says."""
    objects = render(EVERYTHING)

    for container in _containers(objects):
        settings = load(
            {
                name: value
                for name, value in variables(objects, container).items()
                if "PORT" in name or "HOST" in name
            }
        )
        own = settings.http_port if container["name"] == "api" else settings.health_port
        assert [own] == [each["containerPort"] for each in container["ports"]]
        assert "0.0.0.0" == settings.http_host


@pytest.mark.parametrize("path", sorted(set(KINDS.values()) | {"/metrics"}))
def test_workers_and_scheduler_answer_there(path: str) -> None:
    health = Health({}, lambda: (b"", "text/plain"))

    assert HTTPStatus.OK == health.answer(path)[0]


@pytest.mark.parametrize("path", sorted(set(KINDS.values()) | {"/metrics"}))
def test_the_api_answers_there(path: str) -> None:
    """Without a key, which no probe has."""
    client = create_app(World().services()).test_client()

    assert HTTPStatus.OK == client.get(path).status_code


def test_a_worker_has_time_to_find_its_pulse() -> None:
    """A minute without a pulse is 503 on /livez; a single failure is not worth a restart."""
    for container in _containers(render(EVERYTHING)):
        liveness = container["livenessProbe"]
        assert liveness["failureThreshold"] * liveness["periodSeconds"] >= 30
        assert container["startupProbe"]["failureThreshold"] > 30
