"""What a worker process does when a task arrives.

1. The flag of a route is dropped before anything is claimed: what is committed
   later wakes again.
2. Nothing that a task meets is retried through the broker: the sweep is the
   retry.
"""

import threading
from collections.abc import Callable
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.message import Route
from pillarbox.flows.ports.claims import Errand
from pillarbox.flows.sweep import SweepResult
from pillarbox.queue.payload import PayloadRefusedError, decode_route
from workers.admission import Admission

log = structlog.stdlib.get_logger(__name__)


class Flags(Protocol):
    """The wake-ups' flags; `CeleryWaker` has them."""

    def forget(self, route: Route) -> None:
        """Drop a route's flag."""


class RuntimeObserver(Protocol):
    """Who is told how tasks went."""

    def swept(self, result: SweepResult, seconds: float) -> None:
        """Note the end of a sweep."""

    def store_away(self) -> None:
        """Note that the store did not take part."""

    def wake_received(self) -> None:
        """Count a wake-up that was taken up."""


class Runtime:
    """Tasks' own use cases: at most so many deliveries at once, one sweep at a time."""

    def __init__(
        self,
        *,
        flags: Flags,
        admission: Admission,
        gather: Callable[[Route], None],
        dispatch: Callable[[Route], list[Errand]],
        deliver: Callable[[Errand], bool],
        sweep: Callable[[], SweepResult],
        purge: Callable[[], None],
        feel: Callable[[], None],
        observer: RuntimeObserver,
        monotonic: Callable[[], float],
    ) -> None:
        self._flags = flags
        self._admission = admission
        self._gather = gather
        self._dispatch = dispatch
        self._deliver = deliver
        self._sweep = sweep
        self._purge = purge
        self.feel = feel
        self._observer = observer
        self._monotonic = monotonic
        self._sweeping = threading.Lock()
        self._purging = threading.Lock()

    def deliver(self, payload: object) -> None:
        """Carry what a wake-up speaks of."""
        try:
            route = decode_route(payload)
        except PayloadRefusedError as refused:
            log.warning("payload_refused", reason=refused.reason)
            return
        self._observer.wake_received()
        self._gather(route)
        self._flags.forget(route)
        self.carry(route)

    def carry(self, route: Route) -> None:
        """Carry what is due on a route, and on those that were left behind meanwhile."""
        try:
            errands = self._dispatch(route)
        except StoreUnavailableError:
            self._observer.store_away()
            return
        for errand in errands:
            self._run(errand)

    def sweep(self) -> None:
        """Sweep, then forget what is old: each unless this process is at it already.

        Forgetting much does not hold up the next sweep.
        """
        self._alone(self._sweeping, self._sweep_once)
        self._alone(self._purging, self._purge)

    def _sweep_once(self) -> None:
        since = self._monotonic()
        result = self._sweep()
        self._observer.swept(result, self._monotonic() - since)

    def _alone(self, lock: threading.Lock, act: Callable[[], None]) -> None:
        if not lock.acquire(blocking=False):
            return
        try:
            act()
        except StoreUnavailableError:
            self._observer.store_away()
        finally:
            lock.release()

    def _run(self, errand: Errand) -> None:
        """Go on an errand, and on those that were left behind meanwhile, if there is a place."""
        if not self._admission.enter(errand):
            return
        following: Errand | None = errand
        while following is not None:
            carried = self._carry(following)
            following = self._admission.next() if carried else None

    def _carry(self, errand: Errand) -> bool:
        """Go on one errand in the place that was taken for it; False if the store is away."""
        more = False
        try:
            with bound_contextvars(relay=errand.over, lane=errand.route.lane.value):
                more = self._deliver(errand)
        except StoreUnavailableError:
            self._observer.store_away()
            return False
        finally:
            self._admission.leave(errand, again=more)
        return True
