"""Every setting reaches the process that reads it, and is one that the product takes."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from pillarbox.domain.lane import Lane
from pillarbox.queue.app import Role, make_app
from pillarbox.queue.names import QUEUES
from pillarbox.settings import PREFIX, Settings
from pillarbox.settings_survey import load
from tests.chart.environments import NOT_THE_CHARTS, mounted, variables
from tests.chart.matrix import EVERYTHING, EXTERNAL, LANES, MATRIX, SECRETS, SEVERAL_RELAYS, TRIAL
from tests.chart.rendering import Object, environment, named, pods, render
from tools.chart_config import ELSEWHERE, SCHEMA
from workers.consumer import make_worker

ROLES = ("api", "worker", "scheduler", "migrate")
RELAYS = "PILLARBOX_RELAYS_FILE"


def _containers(objects: list[Object]) -> list[tuple[Object, Object]]:
    return [
        (pod, container)
        for _, pod in pods(objects)
        for container in pod["spec"]["containers"]
        if container["name"] in ROLES
    ]


def test_config_takes_every_setting_that_has_no_place_of_its_own() -> None:
    """The schema refuses all others, so one that it forgets could not be set in a cluster."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    known = {PREFIX + each.name.upper() for each in fields(Settings)}
    elsewhere = {PREFIX + name.upper() for name in ELSEWHERE}

    assert set() == elsewhere - known
    assert known == set(schema["$defs"]["config"]["properties"]) | elsewhere
    assert schema["$defs"]["config"]["additionalProperties"] is False


@pytest.mark.parametrize("name", sorted(MATRIX.keys() - {"default", "secrets"}))
def test_every_role_takes_what_it_is_given(name: str, tmp_path: Path) -> None:
    """The environment of each container is one that the product starts with."""
    objects = render(MATRIX[name])
    containers = _containers(objects)

    for number, (pod, container) in enumerate(containers):
        given = variables(objects, container)
        folder = tmp_path / str(number)
        folder.mkdir()
        if RELAYS in given:
            mount, _, file = given[RELAYS].rpartition("/")
            given[RELAYS] = str(mounted(objects, pod, folder)[mount] / file)
        settings = load(given)
        assert settings.database_url
        assert container["name"] == "migrate" or settings.redis_url
        assert container["name"] == "migrate" or settings.has_relay
    assert len(containers) >= 3


def test_a_number_is_written_as_it_was_meant() -> None:
    """Helm reads 25000000 as a float, and writes it as 2.5e+07 unless it is told otherwise."""
    config = named(render(EVERYTHING), "ConfigMap", "post-pillarbox")["data"]

    assert ("25000000", "0.5", "true") == (
        config["PILLARBOX_MAX_REQUEST_BYTES"],
        config["PILLARBOX_SWEEP"],
        config["PILLARBOX_LOG_ADDRESSES"],
    )


def test_callers_are_told_a_url_that_they_can_reach() -> None:
    """The API does not know where it is; the chart does, as seen from within the cluster."""
    inside, other_port, public = (
        named(render(values), "ConfigMap", "post-pillarbox")["data"]["PILLARBOX_PUBLIC_URL"]
        for values in (EXTERNAL, EXTERNAL | {"service": {"port": 8080}}, EVERYTHING)
    )

    assert "http://post-pillarbox.mail.svc" == inside
    assert "http://post-pillarbox.mail.svc:8080" == other_port
    assert "https://mail.test" == public


def test_a_component_may_differ_from_the_others() -> None:
    """A variable of the container wins over the ConfigMap's."""
    objects = render(EVERYTHING)
    found = {
        container["name"]: variables(objects, container).get("PILLARBOX_LOG_LEVEL")
        for _, container in _containers(objects)
    }

    assert {"api": None, "worker": None, "scheduler": "debug", "migrate": None} == found


@pytest.mark.parametrize("name", MATRIX)
def test_every_queue_has_a_consumer(name: str) -> None:
    """A queue that nobody consumes is mail that nobody sends."""
    objects = render(MATRIX[name])
    consumed: set[str] = set()
    for _, container in _containers(objects):
        if container["name"] == "worker":
            lanes = load({"PILLARBOX_WORKER_LANES": _lanes(container)}).worker_lanes
            app = make_app("redis://127.0.0.1:1/0", role=Role.WORKER)
            consumed |= set(make_worker(app, 2, lanes=lanes).app.amqp.queues.consume_from)
            app.close()

    assert set(QUEUES) == consumed


def _lanes(container: Object) -> str:
    return str(environment(container, "PILLARBOX_WORKER_LANES")["value"])


def test_a_group_of_workers_takes_its_lanes_with_its_own_means() -> None:
    objects = render(LANES)
    urgent = named(objects, "Deployment", "worker-urgent")["spec"]
    bulk = named(objects, "Deployment", "worker-bulk")["spec"]

    assert (3, 2) == (urgent["replicas"], bulk["replicas"])
    [container] = bulk["template"]["spec"]["containers"]
    assert f"{Lane.NORMAL},{Lane.LOW}" == _lanes(container)
    assert "24" == variables(objects, container)["PILLARBOX_WORKER_THREADS"]
    assert {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}} == (
        container["resources"]
    )


def test_secrets_of_others_are_referred_to_and_none_is_made() -> None:
    """With `existingSecret` everywhere, nothing secret is in the release."""
    objects = render(SECRETS)
    api = next(each for _, each in _containers(objects) if each["name"] == "api")

    references = {
        each["name"]: tuple(each["valueFrom"]["secretKeyRef"].values())
        for each in api["env"]
        if "valueFrom" in each
    }
    assert {
        "PILLARBOX_DATABASE_URL": ("mail-database", "uri"),
        "PILLARBOX_REDIS_URL": ("mail-broker", "redis-url"),
        "PILLARBOX_RELAY_URL": ("mail-relay", "relay-url"),
        "PILLARBOX_BOOTSTRAP_KEY": ("mail-key", "bootstrap-key"),
    } == references
    assert [] == [each for each in objects if each["kind"] == "Secret"]


def test_only_who_needs_a_secret_is_given_it() -> None:
    """The migration sees the database alone, and the operator's key is the API's."""
    objects = render(EVERYTHING)
    secret = {
        container["name"]: {
            each["name"].removeprefix(PREFIX) for each in container["env"] if "valueFrom" in each
        }
        for _, container in _containers(objects)
    }

    of_all = {"DATABASE_URL", "REDIS_URL", "RELAY_URL"}
    assert {
        "api": of_all | {"BOOTSTRAP_KEY"},
        "worker": of_all,
        "scheduler": of_all,
        "migrate": {"DATABASE_URL"},
    } == secret


def test_only_workers_see_the_files_of_relays() -> None:
    """Only workers read secrets of relays; the others read the same file without them."""
    objects = render(SEVERAL_RELAYS)
    sources = {
        container["name"]: [
            source
            for volume in pod["spec"]["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
        ]
        for pod, container in _containers(objects)
    }

    toml = {"configMap": {"name": "post-pillarbox-relays"}}
    own = {"secret": {"name": "post-pillarbox-relay-files"}}
    others = {"secret": {"name": "own-certificates"}}
    assert {"api": [toml], "worker": [toml, own, others], "scheduler": [toml], "migrate": []} == (
        sources
    )


def test_a_trials_password_may_be_anything() -> None:
    """In the URL it is encoded; the database itself is told the plain one."""
    objects = render(TRIAL)
    secret = named(objects, "Secret", "post-pillarbox")["stringData"]

    assert "p@ss word/%" == secret["trial-postgresql-password"]
    assert (
        "postgresql+psycopg://pillarbox:p%40ss%20word%2F%25@post-pillarbox-trial-postgresql"
        in (secret["database-url"])
    )


@pytest.mark.parametrize(
    ("values", "rolled"),
    [
        ({"config": {"PILLARBOX_LEASE": 30}}, {"api", "worker", "scheduler"}),
        ({"redis": {"url": "redis://other.test"}}, {"api", "worker", "scheduler"}),
        ({"relay": EXTERNAL["relay"] | {"files": {"password": "new"}}}, {"worker"}),
        ({"service": {"annotations": {"note": "new"}}}, set()),
    ],
)
def test_pods_are_replaced_when_what_they_read_changes(values: Object, rolled: set[str]) -> None:
    """They read it once, at their start; so a checksum of it stands in their annotations."""
    given = EXTERNAL | {"relay": EXTERNAL["relay"] | {"files": {"password": "old"}}}
    before, after = (dict(_annotations(render(each))) for each in (given, given | values))

    assert rolled == {name for name in before if before[name] != after[name]}


def _annotations(objects: list[Object]) -> list[tuple[str, object]]:
    return [
        (container["name"], pod["metadata"]["annotations"])
        for pod, container in _containers(objects)
        if container["name"] != "migrate"
    ]


def test_what_is_not_the_charts_is_not_made_up() -> None:
    """The resolution that these tests stand on."""
    objects = render(SECRETS)
    api = next(each for _, each in _containers(objects) if each["name"] == "api")

    assert NOT_THE_CHARTS == variables(objects, api)["PILLARBOX_DATABASE_URL"]
