"""Carrying what is due to a relay: claim, send, settle, until nothing is left.

A connection comes first, the claim second: nothing waits behind a relay that
cannot be reached.
"""

from pillarbox.domain.message import Route
from pillarbox.flows.batch import Batch, Means


class Deliverer:
    """The use case behind a wake-up."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def __call__(self, route: Route) -> None:
        """Carry everything that is due on a route, as far as one connection can be had for it."""
        line = self._means.transport.checkout(route.relay)
        if line is None:
            return
        try:
            while line.usable and not self._means.stopping.is_set():
                since = self._means.monotonic()
                claim = self._means.store.claim(
                    route,
                    worker=self._means.worker,
                    lease=self._means.rules.lease,
                    limit=self._means.rules.claim_messages,
                )
                if claim is None:
                    return
                if claim.more:
                    self._means.waker.wake(route)  # another thread, or worker, may help
                with (
                    self._means.keeper.hold(claim.id, since=since) as hold,
                    self._means.tracer.batch(claim),
                ):
                    Batch(self._means, claim, line, hold, since).carry()
                if not claim.more:
                    return
        finally:
            self._means.transport.give_back(line)
