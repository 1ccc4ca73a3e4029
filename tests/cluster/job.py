"""A Job, or a pod alone: run to its end."""

import time
from collections.abc import Callable

from tests.cluster.configuration import Object
from tests.cluster.pod import Pod
from tests.waiting import wait_until

BACKOFF_LIMIT = 6
DEADLINE = 600.0
"""Seconds, where the manifest sets none."""


class FailedError(AssertionError):
    """It has not ended well; carries what it said."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(f"{name} failed:\n{said}")
        self.said = said


def run_job(manifest: Object, start: Callable[[str, Object], Pod]) -> list[Pod]:
    """Run a Job's pods until one has succeeded; raises `FailedError` beyond `backoffLimit`."""
    name, spec = manifest["metadata"]["name"], manifest["spec"]
    until = time.monotonic() + spec.get("activeDeadlineSeconds", DEADLINE)
    limit = spec.get("backoffLimit", BACKOFF_LIMIT)
    pods: list[Pod] = []
    while True:
        pod = start(name, spec["template"])
        pods.append(pod)
        while not pod.wait_gone(0.1):
            if _failures(pods) > limit or time.monotonic() > until:
                pod.delete()
        if _has_succeeded(pod):
            return pods
        if pod.deleted_at is not None or _failures(pods) > limit:
            raise FailedError(
                name, "\n".join(f"{each.failure or ''}\n{each.log()}" for each in pods)
            )


def run_alone(manifest: Object, start: Callable[[str, Object], Pod]) -> Pod:
    """Run a pod that nobody keeps to its end; raises `FailedError`."""
    pod = start(manifest["metadata"]["name"], manifest)
    seconds = float(manifest["spec"].get("activeDeadlineSeconds", DEADLINE))
    wait_until(lambda: pod.is_gone, seconds, f"{pod.name} ends:\n{pod.log()}")
    if not _has_succeeded(pod):
        raise FailedError(pod.name, f"{pod.failure or ''}\n{pod.log()}")
    return pod


def _has_succeeded(pod: Pod) -> bool:
    wanted = len(pod.spec["containers"]) + len(pod.spec.get("initContainers", ()))
    return len(pod.runs) == wanted and all(
        run.endings and run.endings[-1].status == 0 for run in pod.runs
    )


def _failures(pods: list[Pod]) -> int:
    endings = sum(ending.status != 0 for pod in pods for ending in pod.endings)
    return endings + sum(pod.failure is not None for pod in pods)
