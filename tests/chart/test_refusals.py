"""Values that make no sense are refused, and the message names the key."""

from typing import Any

import pytest

from tests.chart.matrix import DATABASE, EXTERNAL, KEY, REDIS, RELAY
from tests.chart.rendering import RefusedError, render

ALL_LANES = ["high", "normal", "low"]

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"replicas": 3}, "additional properties 'replicas' not allowed"),
    "an unknown key below": ({"api": {"replica": 3}}, "at '/api': additional properties 'replica'"),
    "an unknown key of a group": (
        {"worker": {"groups": [{"name": "all", "lanes": ALL_LANES, "replica": 2}]}},
        "at '/worker/groups/0': additional properties 'replica'",
    ),
    "an unknown setting": (
        {"config": {"PILLARBOX_LEASES": 60}},
        "at '/config': additional properties 'PILLARBOX_LEASES'",
    ),
    "a setting that the chart sets itself": (
        {"config": {"PILLARBOX_HTTP_PORT": 80}},
        "at '/config': additional properties 'PILLARBOX_HTTP_PORT'",
    ),
    "a setting that is no number": (
        {"config": {"PILLARBOX_LEASE": "soon"}},
        "at '/config/PILLARBOX_LEASE'",
    ),
    "fewer than no pods": ({"api": {"replicas": -1}}, "at '/api/replicas': minimum"),
    "half a pod": ({"api": {"replicas": 1.5}}, "at '/api/replicas'"),
    "a port that is none": ({"service": {"port": 70000}}, "at '/service/port': maximum"),
    "a tag and more": ({"image": {"tag": "1.0 beta"}}, "at '/image/tag'"),
    "half a digest": ({"image": {"digest": "sha256:abc"}}, "at '/image/digest'"),
    "a pull policy of our own": ({"image": {"pullPolicy": "Often"}}, "at '/image/pullPolicy'"),
    "another kind of database": (
        {"database": {"url": "mysql://user:hidden@db.test"}},
        "database.url does not begin with postgresql+psycopg://",
    ),
    "another kind of broker": (
        {"redis": {"url": "amqp://user:hidden@mq.test"}},
        "redis.url does not begin with redis://",
    ),
    "a relay by HTTP": (
        {"relay": {"url": "https://user:hidden@relay.test"}},
        "relay.url does not begin with smtp+starttls://",
    ),
    "half a key": (
        {"bootstrapKey": {"value": "pb_abc_hidden"}},
        "bootstrapKey.value is not pb_<id>_<secret>",
    ),
    "a name that is none": ({"fullnameOverride": "Mail"}, "at '/fullnameOverride'"),
    "memory without a unit of ours": (
        {"api": {"resources": {"limits": {"memory": "much"}}}},
        "at '/api/resources/limits/memory'",
    ),
    "an unknown lane": (
        {"worker": {"groups": [{"name": "all", "lanes": [*ALL_LANES, "urgent"]}]}},
        "at '/worker/groups/0/lanes/3'",
    ),
    "a group without lanes": (
        {"worker": {"groups": [{"name": "all", "lanes": []}]}},
        "at '/worker/groups/0/lanes'",
    ),
    "no groups": ({"worker": {"groups": []}}, "at '/worker/groups'"),
    "scaling by CPU": ({"worker": {"autoscaling": {"by": "cpu"}}}, "at '/worker/autoscaling/by'"),
    "a lane that nobody takes": (
        {"worker": {"groups": [{"name": "most", "lanes": ["high", "normal"]}]}},
        "no group takes the lane low",
    ),
    "two groups of one name": (
        {"worker": {"groups": [{"name": "all", "lanes": ALL_LANES}] * 2}},
        'two groups are named "all"',
    ),
    "a variable that the chart sets": (
        {"pod": {"extraEnv": [{"name": "PILLARBOX_DATABASE_URL", "value": "hidden"}]}},
        "extraEnv: PILLARBOX_DATABASE_URL is there twice, or the chart sets it already",
    ),
    "a variable twice in a test": (
        {"test": {"extraEnv": [{"name": "PILLARBOX_URL", "value": "hidden"}]}},
        "extraEnv: PILLARBOX_URL is there twice, or the chart sets it already",
    ),
    "no database": ({"database": {"url": ""}}, "database.url, database.existingSecret"),
    "two databases": (
        {"database": DATABASE | {"existingSecret": "mail"}},
        "set are: database.url, database.existingSecret",
    ),
    "a trial beside a database": (
        {"trialPostgresql": {"enabled": True, "password": "secret"}},
        "set are: database.url, trialPostgresql.enabled",
    ),
    "a trial without a password": (
        {"database": {"url": ""}, "trialPostgresql": {"enabled": True}},
        "trialPostgresql.password",
    ),
    "no broker": ({"redis": {"url": ""}}, "redis.url, redis.existingSecret"),
    "two brokers": (
        {"redis": REDIS | {"existingSecret": "mail"}},
        "set are: redis.url, redis.existingSecret",
    ),
    "no relay": ({"relay": {"url": ""}}, "relay.url, relay.existingSecret"),
    "a relay and several": (
        {"relay": RELAY | {"toml": "[[relay]]"}},
        "set are: relay.url, relay.toml",
    ),
    "two keys": (
        {"bootstrapKey": {"value": KEY, "existingSecret": "mail"}},
        "bootstrapKey.value and bootstrapKey.existingSecret",
    ),
    "KEDA without a Prometheus": (
        {"worker": {"autoscaling": {"by": "keda"}}},
        "worker.autoscaling.keda.serverAddress",
    ),
    "more at least than at most": (
        {"api": {"autoscaling": {"enabled": True, "minReplicas": 20}}},
        "api.autoscaling.minReplicas",
    ),
    "workers at least more than at most": (
        {"worker": {"autoscaling": {"by": "hpa", "minReplicas": 20}}},
        "worker.autoscaling.minReplicas",
    ),
    "an Ingress to nowhere": ({"ingress": {"enabled": True}}, "ingress.hosts"),
    "a route of no gateway": ({"httpRoute": {"enabled": True}}, "httpRoute.parentRefs"),
    "a test mail from nobody": (
        {"test": {"recipient": "you@example.com"}, "bootstrapKey": {"value": KEY}},
        "test.sender",
    ),
    "a test mail without a key": (
        {"test": {"recipient": "you@example.com", "sender": "me@example.com"}},
        "test.existingSecret",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nonsense_is_refused_by_its_key(name: str) -> None:
    """Before anything reaches a cluster; and no secret is in the message."""
    values, said = REFUSED[name]

    with pytest.raises(RefusedError) as refused:
        render(EXTERNAL | values)

    assert said in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_half_of_what_it_stands_on_is_refused_with_a_sentence() -> None:
    """Who names something has values of their own, and forgot the rest."""
    with pytest.raises(RefusedError) as refused:
        render({"relay": RELAY})

    assert (
        "A database: exactly one of database.url, database.existingSecret and, for trials only,"
        " trialPostgresql.enabled has to be set; set are: none."
    ) in str(refused.value)


def test_a_chart_above_this_one_may_have_globals() -> None:
    """Helm hands them to every subchart, whether it wants them or not."""
    assert render(EXTERNAL | {"global": {"region": "eu"}})
