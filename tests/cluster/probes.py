"""Startup, liveness and readiness as a kubelet finds them out.

1. Nothing else is asked before the startup probe has succeeded.
2. A verdict changes after `failureThreshold` failures or `successThreshold`
   successes in a row, `periodSeconds` between two.
3. Without a startup or liveness probe all is well; without a readiness probe a
   container is ready as soon as it has started.
"""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from tests.cluster.configuration import ManifestError, Object
from tests.cluster.node import Node

PERIOD, TIMEOUT, FAILURES, SUCCESSES = 10, 1, 3, 1
"""Kubernetes' defaults."""


class Probed(Protocol):
    """What can be asked by a command."""

    def run(self, command: list[str], timeout: float) -> int:
        """Run a command in it; its exit status."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a container is asked, or told by a hook: from the node, or in itself."""

    node: Node
    address: str
    ports: dict[str, int]
    container: Probed

    def succeeds(self, action: Object, timeout: float) -> bool:
        """Do it once, within so many seconds."""
        if "exec" in action:
            return self.container.run(action["exec"]["command"], timeout) == 0
        try:
            with self.node.entered():
                if "httpGet" in action:
                    return self._get(action["httpGet"], timeout)
                if "tcpSocket" in action:
                    port = self.port(action["tcpSocket"]["port"])
                    socket.create_connection((self.address, port), timeout).close()
                    return True
        except (OSError, http.client.HTTPException):
            return False
        raise ManifestError(f"a probe by {sorted(action)}")

    def port(self, name: str | int) -> int:
        """Return the number of a port that may be given by name."""
        return name if isinstance(name, int) else self.ports[name]

    def _get(self, action: Object, timeout: float) -> bool:
        headers = {"User-Agent": "kube-probe", "Connection": "close"}
        headers |= {each["name"]: each["value"] for each in action.get("httpHeaders", ())}
        connection = http.client.HTTPConnection(
            action.get("host", self.address), self.port(action["port"]), timeout=timeout
        )
        try:
            connection.request("GET", action.get("path", "/"), headers=headers)
            with connection.getresponse() as answer:
                answer.read()
                return HTTPStatus.OK <= answer.status < HTTPStatus.BAD_REQUEST
        finally:
            connection.close()


class Probing:
    """Asks from when it is made until it is stopped.

    `on_ready` hears each change; `on_unwell` which probe has had enough, once.
    """

    def __init__(
        self,
        asking: Asking,
        manifest: Object,
        *,
        on_ready: Callable[[bool], None],
        on_unwell: Callable[[str], None],
    ) -> None:
        self._asking = asking
        self._on_ready = on_ready
        self._on_unwell = on_unwell
        self._begun = time.monotonic()
        self._stopped = threading.Event()
        self._started = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(kind, manifest[kind]), name=kind)
            for kind in ("startupProbe", "livenessProbe", "readinessProbe")
            if kind in manifest
        ]
        if "readinessProbe" not in manifest:
            self._threads.append(threading.Thread(target=self._be_ready, name="ready"))
        if "startupProbe" not in manifest:
            self._started.set()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask nothing more."""
        self._stopped.set()
        self._started.set()
        for thread in self._threads:
            thread.join()

    def _be_ready(self) -> None:
        self._started.wait()
        if not self._stopped.is_set():
            self._on_ready(True)

    def _watch(self, kind: str, probe: Object) -> None:
        if kind != "startupProbe":
            self._started.wait()
        late = self._begun + probe.get("initialDelaySeconds", 0) - time.monotonic()
        if self._stopped.wait(max(0.0, late)):
            return
        verdict: bool | None = None if kind == "startupProbe" else kind == "livenessProbe"
        row = 0
        last: bool | None = None
        while True:
            found = self._asking.succeeds(probe, probe.get("timeoutSeconds", TIMEOUT))
            row = row + 1 if found is last else 1
            last = found
            wanted = (
                probe.get("successThreshold", SUCCESSES)
                if found
                else probe.get("failureThreshold", FAILURES)
            )
            if self._stopped.is_set():
                return
            if found is not verdict and row >= wanted:
                verdict = found
                if self._tell(kind, found=found):
                    return
            if self._stopped.wait(probe.get("periodSeconds", PERIOD)):
                return

    def _tell(self, kind: str, *, found: bool) -> bool:
        """Act on a verdict; whether there is nothing more to ask."""
        if kind == "readinessProbe":
            self._on_ready(found)
            return False
        if kind == "startupProbe" and found:
            self._started.set()
            return True
        if not found:
            self._on_unwell(kind)
            return True
        return False
