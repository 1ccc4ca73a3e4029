"""A container of a pod over all its lives: started, probed, ended, started again."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.cluster.configuration import Object
from tests.cluster.container import Container, Plan
from tests.cluster.probes import Asking, Probing

LOOK_SECONDS = 0.05
LEAST_SECONDS = 2.0
"""From SIGTERM to SIGKILL, though preStop has used up the grace."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Before a container starts again; a kubelet waits longer, which would prove nothing more."""

DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Ending:
    """One life's end: `reason` is `deleted`, a probe that gave it up, or empty: it went itself."""

    status: int
    reason: str
    killed: bool
    prepared: float
    """Seconds from when it was to end until SIGTERM."""
    seconds: float
    """From when it was to end until it had."""


class Run(threading.Thread):
    """Ends for good when it is told to, or when the policy does not start it again."""

    def __init__(
        self,
        plan: Plan,
        policy: str,
        ask: Callable[[Container], Asking],
        on_change: Callable[[], None],
    ) -> None:
        super().__init__(name=plan.manifest["name"])
        self.endings: list[Ending] = []
        self.is_ready = False
        self.container: Container | None = None
        self._plan = plan
        self._policy = policy
        self._ask = ask
        self._on_change = on_change
        self._unwell = ""
        self._grace: float | None = None
        self._told = threading.Event()

    @property
    def restarts(self) -> int:
        """How often it has been started again."""
        return max(0, len(self.endings) - (0 if self.is_alive() else 1))

    def end(self, grace: float) -> None:
        """Begin its end, or shorten what is left of it."""
        self._grace = grace
        self._told.set()

    def run(self) -> None:
        """Go from life to life."""
        pause = 0.0
        while not self._told.wait(pause):
            self._live()
            ended = self.endings[-1]
            again = self._policy == "Always" or (self._policy == "OnFailure" and ended.status != 0)
            if not again:
                return
            pause = min(max(FIRST_PAUSE, 2 * pause), LONGEST_PAUSE)

    def _live(self) -> None:
        self._unwell = ""
        container = self.container = Container(self._plan)
        asking = self._ask(container)
        probing = Probing(
            asking, self._plan.manifest, on_ready=self._be_ready, on_unwell=self._be_unwell
        )
        begun = told = time.monotonic()
        reason, killed = "", False
        try:
            while not container.wait(LOOK_SECONDS):
                if self._grace is not None or self._unwell:
                    begun = time.monotonic()
                    reason = DELETED if self._grace is not None else self._unwell
                    told, killed = self._end(container, asking, reason, begun)
                    break
        finally:
            container.signal(signal.SIGKILL)
            container.wait()
            probing.stop()
            self._be_ready(False)
        status = -signal.SIGKILL if killed else container.status
        assert status is not None
        self.endings.append(Ending(status, reason, killed, told - begun, time.monotonic() - begun))

    def _end(
        self, container: Container, asking: Asking, reason: str, begun: float
    ) -> tuple[float, bool]:
        """End one life as the pod's lifecycle has it; when it was told, and whether killed."""
        own: float = self._plan.manifest.get(reason, {}).get("terminationGracePeriodSeconds", 0)

        def left() -> float:
            grace = self._grace if self._grace is not None else own or self._plan.grace
            return begun + grace - time.monotonic()

        if hook := (self._plan.manifest.get("lifecycle") or {}).get("preStop"):
            self._prepare(hook, container, asking, left)
        container.signal(signal.SIGTERM)
        told = time.monotonic()
        least = told + (LEAST_SECONDS if self._grace != 0 else 0)
        while not container.wait(LOOK_SECONDS):
            if left() <= 0 and time.monotonic() >= least:
                container.signal(signal.SIGKILL)
                container.wait()
                return told, True
        return told, False

    def _prepare(
        self, hook: Object, container: Container, asking: Asking, left: Callable[[], float]
    ) -> None:
        if "sleep" not in hook:
            asking.succeeds(hook, max(LOOK_SECONDS, left()))
            return
        until = time.monotonic() + hook["sleep"]["seconds"]
        while time.monotonic() < until and left() > 0:
            if container.wait(LOOK_SECONDS):
                return

    def _be_ready(self, ready: bool) -> None:  # noqa: FBT001 - what a probe tells
        self.is_ready = ready
        self._on_change()

    def _be_unwell(self, probe: str) -> None:
        self._unwell = probe
