"""Who may connect to whom."""

from typing import Any

import pytest

from tests.chart.matrix import EVERYTHING, EXTERNAL, SECRETS, SEVERAL_RELAYS, TRIAL
from tests.chart.rendering import Object, named, of_kind, pods, render

DNS = [("UDP", 53), ("TCP", 53)]
DATABASE = [("TCP", 6432)]
BROKER = [("TCP", 6380)]
RELAY = [("TCP", 2587)]
API, HEALTH = 8025, 8026


def _policy(objects: list[Object], component: str) -> Object:
    spec: Object = named(objects, "NetworkPolicy", component)["spec"]
    return spec


def _ports(rules: list[Object]) -> list[list[tuple[str, int]]]:
    return [
        [(each.get("protocol", "TCP"), each["port"]) for each in rule["ports"]] for rule in rules
    ]


def test_every_pod_has_a_policy_for_both_ways() -> None:
    """A pod that no policy selects may be reached by all, and may reach everything."""
    for values in (EXTERNAL, EVERYTHING, TRIAL):
        objects = render(values)
        policies = [each["spec"] for each in of_kind(objects, "NetworkPolicy")]
        assert {("Ingress", "Egress")} == {tuple(each["policyTypes"]) for each in policies}
        for who, pod in pods(objects):
            labels = pod["metadata"]["labels"].items()
            assert [True] == [
                True for each in policies if each["podSelector"]["matchLabels"].items() <= labels
            ], who


@pytest.mark.parametrize(
    ("component", "ports"),
    [
        ("api", [DNS, DATABASE, BROKER]),
        ("worker", [DNS, DATABASE, BROKER, RELAY]),
        ("scheduler", [DNS, DATABASE, BROKER]),
        ("migrate", [DNS, DATABASE]),
        ("test", [DNS, [("TCP", API)]]),
    ],
)
def test_a_component_reaches_what_it_stands_on_and_nothing_else(
    component: str, ports: list[Any]
) -> None:
    """By the ports that the URLs name."""
    assert ports == _ports(_policy(render(EXTERNAL), component)["egress"])


@pytest.mark.parametrize("component", ["worker", "scheduler"])
def test_nothing_reaches_a_worker_but_who_reads_its_metrics(component: str) -> None:
    """Nor a scheduler."""
    [rule] = _policy(render(EXTERNAL), component)["ingress"]

    assert [[("TCP", HEALTH)]] == _ports([rule])
    assert [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ] == rule["from"]


@pytest.mark.parametrize("component", ["migrate", "test"])
def test_nothing_reaches_what_listens_to_nobody(component: str) -> None:
    assert [] == _policy(render(EXTERNAL), component)["ingress"]


def test_who_calls_the_api_is_chosen() -> None:
    """By default this namespace; the pod of `helm test` in any case."""
    [callers, metrics] = _policy(render(EXTERNAL), "api")["ingress"]
    [chosen, _] = _policy(render(EVERYTHING), "api")["ingress"]

    assert [[("TCP", API)], [("TCP", API)]] == _ports([callers, metrics])
    assert {"podSelector": {}} in callers["from"]
    assert {"podSelector": {}} not in chosen["from"]
    [test] = [each for each in chosen["from"] if "podSelector" in each]
    assert "test" == test["podSelector"]["matchLabels"]["app.kubernetes.io/component"]


def test_nobody_reads_metrics_where_nobody_is_named() -> None:
    """Workers are then reached by nothing at all."""
    objects = render(EXTERNAL | {"networkPolicy": {"metrics": {"from": []}}})

    assert [] == _policy(objects, "worker")["ingress"]
    assert 1 == len(_policy(objects, "api")["ingress"])


def test_the_ports_of_several_relays_are_found_in_their_file() -> None:
    [_, _, _, relays] = _policy(render(SEVERAL_RELAYS), "worker")["egress"]

    assert [[("TCP", 587), ("TCP", 4465)]] == _ports([relays])


def test_a_port_that_is_not_named_is_the_schemes() -> None:
    """`smtps://relay.test` is port 465."""
    [_, _, _, relays, more] = _policy(render(EVERYTHING), "worker")["egress"]

    assert [[("TCP", 465)], [("TCP", 4318)]] == _ports([relays, more])


def test_what_cannot_be_looked_into_has_the_usual_ports() -> None:
    """A Secret of somebody else."""
    usual = [DNS, [("TCP", 5432)], [("TCP", 6379)], [("TCP", 25), ("TCP", 465), ("TCP", 587)]]

    assert usual == _ports(_policy(render(SECRETS), "worker")["egress"])


def test_ports_may_be_said() -> None:
    objects = render(SECRETS | {"networkPolicy": {"database": {"ports": [7000, 7001]}}})

    assert [("TCP", 7000), ("TCP", 7001)] == _ports(_policy(objects, "worker")["egress"])[1]


def test_a_trials_servers_are_reached_by_this_release_alone() -> None:
    objects = render(TRIAL)

    for component, port in (("trial-postgresql", 5432), ("trial-redis", 6379)):
        policy = _policy(objects, component)
        [rule] = policy["ingress"]
        assert [[("TCP", port)]] == _ports([rule])
        [peer] = rule["from"]
        assert "post" == peer["podSelector"]["matchLabels"]["app.kubernetes.io/instance"]
        assert [] == policy["egress"]
        egress = _policy(objects, "worker")["egress"]
        [[to]] = [each["to"] for each in egress if [("TCP", port)] in _ports([each])]
        assert component == to["podSelector"]["matchLabels"]["app.kubernetes.io/component"]
