from collections.abc import Callable, Collection, Mapping

import structlog

from pillarbox.domain.lane import Lane
from pillarbox.domain.relay_state import RelayState
from pillarbox.flows.ports.relays import WorkerReport
from pillarbox.queue.broker import BrokerAwayError

log = structlog.stdlib.get_logger(__name__)


class Reporter:
    """Says how this process's relays are, and its lanes; hears how many processes there are."""

    def __init__(
        self,
        worker: str,
        publish: Callable[[WorkerReport], int],
        lanes: Collection[Lane] = tuple(Lane),
    ) -> None:
        self._worker = worker
        self._lanes = lanes
        self._publish = publish
        self.away = False
        """Whether the broker did not take what was said last."""
        self.workers = 1
        """How many there were when last heard of."""

    def __call__(self, states: Mapping[str, RelayState]) -> None:
        """Say it; while the broker is away nobody hears it."""
        try:
            self.workers = max(1, self._publish(WorkerReport(self._worker, states, self._lanes)))
        except BrokerAwayError as error:
            if not self.away:
                log.warning("relay_report_lost", error=str(error))
            self.away = True
            return
        self.away = False
