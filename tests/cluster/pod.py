"""A pod, from its template to its end, as a kubelet runs it.

1. Init containers run one after the other to their ends, then all others at once.
2. A container that ends is started again as `restartPolicy` says, at once and
   then after longer and longer pauses; one that its liveness or startup probe
   gives up is ended first.
3. To end a container: preStop, SIGTERM, SIGKILL when the grace is over. The
   grace begins with the deletion, and preStop takes its part of it.
4. A pod that is being deleted is no longer ready, whatever its probe says.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.configuration import Configuration, Facts, Object
from tests.cluster.container import Container, Plan, identity, refuse_unknown
from tests.cluster.image import Image
from tests.cluster.namespaces import Holder
from tests.cluster.node import Node
from tests.cluster.probes import Asking
from tests.cluster.run import Ending, Run
from tests.cluster.volumes import make_volumes, mounts, tmpfs_script

GRACE = 30
"""Seconds, where the manifest says nothing."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every pod of a cluster stands on; `hosts` is what its /etc/hosts says of others."""

    node: Node
    image: Image
    configuration: Configuration
    namespace: str
    folder: Path
    hosts: Callable[[], str] = field(default=lambda: "")


class Pod:
    """Begun when made. `failure` is why it could not be run at all."""

    def __init__(self, owner: str, template: Object, surroundings: Surroundings) -> None:
        self.name = f"{owner}-{secrets.token_hex(3)}"
        self.labels: dict[str, str] = template["metadata"].get("labels", {})
        self.spec: Object = template["spec"]
        self.address = ""
        self.runs: list[Run] = []
        self.failure: Exception | None = None
        self.deleted_at: float | None = None
        self._annotations = template["metadata"].get("annotations", {})
        self._surroundings = surroundings
        self._told: list[tuple[float, bool]] = []
        self._lock = threading.Lock()
        self._deleted = threading.Event()
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._live, name=self.name)
        self._thread.start()

    @property
    def is_ready(self) -> bool:
        """Whether it may have connections, by the latest news."""
        return self.was_ready(time.monotonic())

    def was_ready(self, at: float) -> bool:
        """Whether it was then, by the monotonic clock: who hears it late goes by this."""
        return next((ready for since, ready in reversed(self._told) if since <= at), False)

    @property
    def endings(self) -> list[Ending]:
        """How its containers have ended, each time."""
        return [ending for run in self.runs for ending in run.endings]

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is left."""
        return self._gone.is_set()

    @property
    def ports(self) -> dict[str, int]:
        """The ports that its containers name."""
        return {
            port["name"]: port["containerPort"]
            for container in self.spec["containers"]
            for port in container.get("ports", ())
            if "name" in port
        }

    def log(self) -> str:
        """Return what its containers have said."""
        folder = self._surroundings.folder / self.name
        return "\n".join(
            f"--- {path.parent.name} of {self.name}\n{path.read_text(errors='replace')}"
            for path in sorted(folder.glob("*/log"))
        )

    def delete(self, *, grace: float | None = None) -> None:
        """Begin its end, or hasten it."""
        with self._lock:
            if self.deleted_at is None:
                self.deleted_at = time.monotonic()
                self._told.append((self.deleted_at, False))
        if grace is None:
            grace = self._grace
        for run in self.runs:
            run.end(grace)
        self._deleted.set()

    def wait_gone(self, timeout: float | None = None) -> bool:
        """Wait until nothing of it is left."""
        if not self._gone.wait(timeout):
            return False
        self._thread.join()
        return True

    def _live(self) -> None:
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - whoever waits for the pod tells it
            self.failure = error
        finally:
            self._gone.set()

    def _run(self) -> None:
        around = self._surroundings
        folder = around.folder / self.name
        account = self.spec.get("serviceAccountName", "default")
        # The address is known only after the volumes are made, which nobody's volume needs.
        facts = self._facts(account)
        volumes = make_volumes(self.spec, folder / "volumes", around.configuration, facts)
        group = (self.spec.get("securityContext") or {}).get("fsGroup", 0)
        script = f"hostname {self.name}\n{tmpfs_script(volumes, group)}"
        holder = Holder("--net", "--uts", "--ipc", "--mount", script=script)
        try:
            self.address = around.node.connect(holder)
            facts = self._facts(account)
            self._write_names(folder)
            plans = {}
            for manifest in (*self.spec.get("initContainers", ()), *self.spec["containers"]):
                refuse_unknown(manifest)
                own = folder / manifest["name"]
                (own / "root").mkdir(parents=True)
                variables = around.configuration.environment(manifest, facts)
                plans[manifest["name"]] = Plan(
                    manifest=manifest,
                    image=around.image,
                    holder=holder,
                    environment=self._usual_variables() | variables,
                    mounts=mounts(manifest, volumes),
                    identity=identity(self.spec, manifest, around.image),
                    folder=own,
                    grace=self._grace,
                )
            for manifest in self.spec.get("initContainers", ()):
                policy = "Never" if self._policy == "Never" else "OnFailure"
                self._begin([plans[manifest["name"]]], policy)
                if not self.endings or self.endings[-1].status != 0:
                    return
            self._begin([plans[each["name"]] for each in self.spec["containers"]], self._policy)
        finally:
            self._note_ready()
            holder.close()

    @property
    def _grace(self) -> float:
        return float(self.spec.get("terminationGracePeriodSeconds", GRACE))

    @property
    def _policy(self) -> str:
        return str(self.spec.get("restartPolicy", "Always"))

    def _begin(self, plans: list[Plan], policy: str) -> None:
        """Run containers until they have ended for good."""
        begun = [Run(plan, policy, self._asking, self._note_ready) for plan in plans]
        with self._lock:
            self.runs += begun
            deleted = self.deleted_at is not None
        for run in begun:
            if deleted:
                run.end(0)
            run.start()
        for run in begun:
            run.join()

    def _asking(self, container: Container) -> Asking:
        return Asking(self._surroundings.node, self.address, self.ports, container)

    def _note_ready(self) -> None:
        with self._lock:
            serving = self.runs[-len(self.spec["containers"]) :]
            ready = (
                self.deleted_at is None
                and len(self.runs) >= len(self.spec["containers"])
                and all(run.is_ready for run in serving)
            )
            if ready != (bool(self._told) and self._told[-1][1]):
                self._told.append((time.monotonic(), ready))

    def _facts(self, account: str) -> Facts:
        return Facts(
            name=self.name,
            namespace=self._surroundings.namespace,
            address=self.address,
            labels=self.labels,
            annotations=self._annotations,
            account=account,
        )

    def _usual_variables(self) -> dict[str, str]:
        """Return what every kubelet adds, whatever `enableServiceLinks` says."""
        server = "10.77.200.1"
        return {
            "HOSTNAME": self.name,
            "KUBERNETES_SERVICE_HOST": server,
            "KUBERNETES_SERVICE_PORT": "443",
            "KUBERNETES_SERVICE_PORT_HTTPS": "443",
            "KUBERNETES_PORT": f"tcp://{server}:443",
            "KUBERNETES_PORT_443_TCP": f"tcp://{server}:443",
        }

    def _write_names(self, folder: Path) -> None:
        """Names are looked up in /etc/hosts: there is no name server here."""
        own = f"127.0.0.1 localhost\n{self.address} {self.name}\n"
        (folder / "hosts").write_text(own + self._surroundings.hosts())
        (folder / "hostname").write_text(f"{self.name}\n")
        (folder / "resolv.conf").write_text("")
