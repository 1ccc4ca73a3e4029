"""The chart, run: pods are made, probed and replaced under load; what came of it is counted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.chart.rendering import FULLNAME
from tests.cluster.callers import Callers
from tests.cluster.image import Image
from tests.cluster.pod import Pod
from tests.cluster.release import KEY, LAG, Release
from tests.cluster.run import DELETED
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.keeps_open("one release for all of them; its pods come and go, and end with it"),
]

PATIENCE = 120.0
FRESH = (0.2, 0.4)
KEPT = (0.1, 0.3, 1.7)
"""Callers, each so many seconds apart."""
LIVENESS = {
    "periodSeconds": 1,
    "timeoutSeconds": 5,
    "failureThreshold": 3,
    "terminationGracePeriodSeconds": 2,
}
"""Of workers: soon, though not before a slow machine has answered."""


@pytest.fixture(scope="module")
def release(
    tmp_path_factory: pytest.TempPathFactory,
    image: Image,
    postgres_server: PostgresServer,
    redis_server: RedisServer,
) -> Iterator[Release]:
    """Install the chart with its default counts of pods; whoever replaces some leaves all ready."""
    values = {"worker": {"probes": {"liveness": LIVENESS}}}
    with Release(
        tmp_path_factory.mktemp("release"), image, postgres_server, redis_server, values
    ) as installed:
        yield installed
    pods = installed.cluster.pods
    assert [] == [pod.name for pod in pods if pod.deleted_at is None or not pod.is_gone]


def test_an_installed_release_passes_its_own_test(release: Release) -> None:
    """`helm test`: it is ready, the key is good, and a mail is sent."""
    pods = release.cluster.test(release.objects())

    assert [[0, 0]] == [[each.status for each in pod.endings] for pod in pods]
    wait_until(lambda: "grace@example.com" in _recipients(release), PATIENCE, "its mail has come")


def test_replacing_every_pod_under_load_refuses_nothing_and_loses_nothing(release: Release) -> None:
    """A changed setting replaces every pod; nobody is answered 5xx or not at all, or killed.

    A connection that was kept may have ended before its next request (RFC 9112
    9.5); by its Idempotency-Key that is repeated, and is one message.
    """
    old = _serving(release)
    before = {message["id"] for message in release.account().messages}

    with _load(release) as callers:
        release.upgrade({"config": {"PILLARBOX_LOG_ADDRESSES": True}})
        wait_until(lambda: callers.count.ways["new"] > 10, PATIENCE, "the new pods are called")
    count = callers.count

    assert [] == count.refused
    assert [] == count.unanswered
    assert {"new", "kept"} == set(count.ways)
    assert count.told_to_leave > 0
    wait_until(lambda: release.account().settled, PATIENCE, "all has been carried")
    account = release.account()
    accepted = set(count.accepted.values())
    assert len(count.accepted) == len(accepted)
    assert accepted == {message["id"] for message in account.messages} - before
    assert {"sent"} == set(account.recipients)
    assert {1} == set(account.attempts)
    assert {} == account.unexplained(release.arrived())
    assert not {pod.name for pod in old} & {pod.name for pod in _serving(release)}
    assert {(0, DELETED, False)} == {
        (each.status, each.reason, each.killed) for pod in old for each in pod.endings
    }
    assert [1] * len(old) == [len(pod.endings) for pod in old]


def test_a_pod_is_told_to_end_when_everybody_has_heard_that_it_goes(release: Release) -> None:
    """Readiness falls first, and SIGTERM comes later than the lag of the endpoints."""
    api = release.deployment("api")
    pod = api.pods[0]

    pod.delete()

    assert not pod.is_ready
    assert pod.wait_gone(PATIENCE)
    [ending] = pod.endings
    assert ending.prepared > LAG
    release.cluster.wait_rolled_out()


def test_a_worker_that_is_stuck_is_started_again(release: Release) -> None:
    """Its probe gets no answer; SIGTERM reaches nobody, and its mail goes on with the others."""
    pod = release.deployment("worker-all").pods[0]
    [run] = pod.runs
    assert run.container is not None

    run.container.freeze()

    wait_until(lambda: len(run.endings) == 1, PATIENCE, "it was given up")
    assert ("livenessProbe", True) == (run.endings[0].reason, run.endings[0].killed)
    wait_until(lambda: pod.is_ready, PATIENCE, "it is ready again")
    release.cluster.wait_rolled_out()


def test_without_pre_stop_callers_are_refused(release: Release) -> None:
    """What the chart's preStop is for, and that these counts see it.

    Only the API is replaced: nothing of the others has changed. (The last of this
    file, since it leaves the API so.)
    """
    workers = release.deployment("worker-all").pods
    release.upgrade({"api": {"preStopSeconds": 0}})
    assert workers == release.deployment("worker-all").pods

    with _load(release) as callers:
        release.deployment("api").pods[0].delete()
        wait_until(
            lambda: callers.count.unanswered,
            PATIENCE,
            "somebody was sent to a pod that no longer listens",
        )


@contextmanager
def _load(release: Release) -> Iterator[Callers]:
    """Have callers call, and each way of calling work, before the block begins."""
    service = release.cluster.services[FULLNAME]
    with Callers(release.cluster.node, service, KEY, fresh=FRESH, kept=KEPT) as callers:
        wait_until(lambda: len(callers.count.ways) == 2, PATIENCE, "mail is accepted")
        yield callers


def _serving(release: Release) -> list[Pod]:
    return [pod for each in release.cluster.deployments.values() for pod in each.pods]


def _recipients(release: Release) -> set[str]:
    return {recipient for mail in release.relay.mails() for recipient in mail.recipients}
