"""A Deployment's controller: so many pods of the newest template, replaced a few at a time."""

import hashlib
import json
import math
import threading
from collections.abc import Callable

from tests.cluster.configuration import Object
from tests.cluster.pod import Pod

LOOK_SECONDS = 0.1
QUARTER = "25%"
"""Kubernetes' default of maxSurge and maxUnavailable."""


class Deployment:
    """Keeps its pods as the manifest wants them, in a thread, until it is closed."""

    def __init__(self, manifest: Object, start: Callable[[str, Object], Pod]) -> None:
        self.name: str = manifest["metadata"]["name"]
        self._manifest = manifest
        self._start = start
        self._pods: list[tuple[str, Pod]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=self.name)
        self._thread.start()

    @property
    def pods(self) -> list[Pod]:
        """Those that are not being deleted."""
        return [pod for _, pod in self._pods if pod.deleted_at is None]

    @property
    def former(self) -> list[Pod]:
        """Those that it has deleted."""
        return [pod for _, pod in self._pods if pod.deleted_at is not None]

    @property
    def is_rolled_out(self) -> bool:
        """Whether there are ready pods of the newest template, all of them, and none other."""
        with self._lock:
            version = _version(self._manifest)
            current = [pod for made, pod in self._pods if pod.deleted_at is None]
            return len(current) == self._replicas and all(
                made == version and pod.is_ready
                for made, pod in self._pods
                if pod.deleted_at is None
            )

    def apply(self, manifest: Object) -> None:
        """Want something else from now on."""
        with self._lock:
            self._manifest = manifest

    def close(self) -> None:
        """Let go of its pods, which somebody else ends."""
        self._closed.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            with self._lock:
                self._look()

    def _look(self) -> None:
        wanted = self._replicas
        strategy = self._manifest["spec"].get("strategy") or {}
        rolling = strategy.get("rollingUpdate") or {}
        surge = _count(rolling.get("maxSurge", QUARTER), wanted, math.ceil)
        missing = _count(rolling.get("maxUnavailable", QUARTER), wanted, math.floor)
        if surge == missing == 0:
            missing = 1
        version = _version(self._manifest)
        there = [(made, pod) for made, pod in self._pods if pod.deleted_at is None]
        new = [pod for made, pod in there if made == version]
        old = [pod for made, pod in there if made != version]
        for _ in range(min(wanted - len(new), wanted + surge - len(there))):
            started = self._start(self.name, self._manifest["spec"]["template"])
            self._pods.append((version, started))
        for pod in new[wanted:]:
            pod.delete()
        unready = [pod for pod in old if not pod.is_ready]
        spare = sum(pod.is_ready for _, pod in there) - (wanted - missing)
        ready = [pod for pod in old if pod.is_ready][: max(0, spare)]
        for pod in (*unready, *ready):
            pod.delete()

    @property
    def _replicas(self) -> int:
        return int(self._manifest["spec"].get("replicas", 1))


def _version(manifest: Object) -> str:
    template = json.dumps(manifest["spec"]["template"], sort_keys=True)
    return hashlib.sha256(template.encode()).hexdigest()


def _count(value: str | int, of: int, round_: Callable[[float], int]) -> int:
    """Return pods for a number or a percentage."""
    if isinstance(value, int):
        return value
    return round_(of * int(value.rstrip("%")) / 100)
