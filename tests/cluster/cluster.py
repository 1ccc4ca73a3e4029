"""A cluster of one node and one namespace, and a release in it: installed, upgraded, tested.

What a chart makes beside pods, Services and their configuration is passed over by
name: nothing here would heed it.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from tests.cluster.configuration import CONFIG_MAP, SECRET, Configuration, Object
from tests.cluster.deployment import Deployment
from tests.cluster.image import Image
from tests.cluster.job import run_alone, run_job
from tests.cluster.node import Node
from tests.cluster.pod import Pod, Surroundings
from tests.cluster.service import Proxy, Service
from tests.waiting import wait_until

HOOK = "helm.sh/hook"
WEIGHT = "helm.sh/hook-weight"
DELETE = "helm.sh/hook-delete-policy"

PASSED_OVER = frozenset(
    {
        *("ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler"),
        *("Ingress", "HTTPRoute", "ServiceMonitor", "PodMonitor", "PrometheusRule", "ScaledObject"),
    }
)
ROLLOUT_SECONDS = 300.0
END_SECONDS = 120.0
SHOWN_LINES = 40


class Cluster:
    """Empty when made; ends what runs in it when its block ends."""

    def __init__(self, folder: Path, image: Image, *, namespace: str, lag: float = 0.0) -> None:
        self.node = Node()
        self.services: dict[str, Service] = {}
        self.deployments: dict[str, Deployment] = {}
        self.pods: list[Pod] = []
        """Of all times."""
        self._outside: dict[str, str] = {}
        self._configuration = Configuration()
        self._lag = lag
        self._proxy = Proxy(self.node)
        self._surroundings = Surroundings(
            self.node, image, self._configuration, namespace, folder, self._names
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for deployment in self.deployments.values():
            deployment.close()
        for pod in self.pods:
            pod.delete(grace=None if error is None else 0)
        for pod in self.pods:
            if not pod.wait_gone(END_SECONDS):
                pod.delete(grace=0)
                pod.wait_gone()
        self._proxy.close()
        self.node.close()
        if error is not None:
            self._show_logs()

    def install(self, objects: Sequence[Object]) -> None:
        """Install a release, and wait until it is rolled out."""
        self._release(objects, "pre-install")

    def upgrade(self, objects: Sequence[Object]) -> None:
        """Upgrade it, and wait until all that is new is there and all that is old has ended."""
        self._release(objects, "pre-upgrade")

    def test(self, objects: Iterable[Object]) -> list[Pod]:
        """Run the pods of `helm test`; raises `FailedError`."""
        return [
            run_alone(each, self.start) for each in _hooks(objects, "test") if each["kind"] == "Pod"
        ]

    def start(self, owner: str, template: Object) -> Pod:
        """Start a pod of a template."""
        pod = Pod(owner, template, self._surroundings)
        self.pods.append(pod)
        return pod

    def name_outside(self, name: str, port: int) -> None:
        """Let pods reach a server of this machine's loopback by a name, on its own port."""
        self._outside[name] = self.node.forward(port)

    def get(self, path: str, service: str, **headers: str) -> requests.Response:
        """GET from a Service."""
        found = self.services[service]
        with self.node.entered():
            return requests.get(
                f"http://{found.address}:{found.port}{path}",
                headers={"Connection": "close", **headers},
                timeout=30,
            )

    def wait_rolled_out(self, deployments: Iterable[Deployment] | None = None) -> None:
        """Wait until Deployments have what they want, by default all."""
        wanted = list(self.deployments.values() if deployments is None else deployments)

        def done() -> bool:
            for pod in self.pods:
                if pod.failure is not None:
                    raise pod.failure
            return all(
                each.is_rolled_out and all(pod.is_gone for pod in each.former) for each in wanted
            )

        wait_until(done, ROLLOUT_SECONDS, f"{[each.name for each in wanted]} are rolled out")
        for service in self.services.values():
            wait_until(service.choose, ROLLOUT_SECONDS, f"it is heard of pods of {service.name}")

    def _release(self, objects: Sequence[Object], hook: str) -> None:
        self._run_hooks(_hooks(objects, hook))
        kinds: dict[str, Callable[[Object], object]] = {
            CONFIG_MAP: self._configuration.put,
            SECRET: self._configuration.put,
            "Service": self._serve,
            "Job": lambda each: run_job(each, self.start),
            "Deployment": self._deploy,
        }
        own = [each for each in objects if HOOK not in _annotations(each)]
        if unknown := {each["kind"] for each in own} - set(kinds) - PASSED_OVER:
            raise NotImplementedError(f"kinds that nothing here runs: {sorted(unknown)}")
        for kind, apply in kinds.items():
            for each in own:
                if each["kind"] == kind:
                    apply(each)
        self.wait_rolled_out()

    def _run_hooks(self, hooks: list[Object]) -> None:
        for each in hooks:
            if each["kind"] in (CONFIG_MAP, SECRET):
                self._configuration.put(each)
            elif each["kind"] == "Job":
                run_job(each, self.start)
        for each in hooks:
            if "hook-succeeded" in _annotations(each).get(DELETE, ""):
                self._configuration.drop(each)

    def _serve(self, manifest: Object) -> None:
        name = manifest["metadata"]["name"]
        if name not in self.services:
            service = Service(manifest, self.node, lambda: tuple(self.pods), self._lag)
            self.services[name] = service
            self._proxy.serve(service)

    def _deploy(self, manifest: Object) -> None:
        name = manifest["metadata"]["name"]
        if name in self.deployments:
            self.deployments[name].apply(manifest)
        else:
            self.deployments[name] = Deployment(manifest, self.start)

    def _names(self) -> str:
        space = self._surroundings.namespace
        endings = ("", f".{space}", f".{space}.svc", f".{space}.svc.cluster.local")
        lines = [f"{address} {name}" for name, address in self._outside.items()]
        lines += [
            f"{each.address} {' '.join(each.name + ending for ending in endings)}"
            for each in self.services.values()
        ]
        return "\n".join([*lines, ""])

    def _show_logs(self) -> None:
        for pod in self.pods:
            lines = pod.log().splitlines()
            told = [f"=== {pod.name}: {pod.failure or ''} {pod.endings}", *lines[-SHOWN_LINES:], ""]
            sys.stderr.write("\n".join(told))


def _hooks(objects: Iterable[Object], name: str) -> list[Object]:
    """Return the hooks of an event, in the order of their weights."""
    found = [each for each in objects if name in _annotations(each).get(HOOK, "").split(",")]
    return sorted(found, key=lambda each: int(_annotations(each).get(WEIGHT, "0")))


def _annotations(each: Object) -> dict[str, str]:
    return each["metadata"].get("annotations") or {}
