"""Shows what waits in the queue, as it was seen a few seconds ago, or not at all.

1. The database is asked by a thread of its own: a scrape never waits for it, and
   fails with nothing that hangs.
2. What was seen too long ago is not shown. A number that stands still while the
   database is away would tell alerts and autoscalers that all is well.
3. When it was seen is always shown.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pillarbox.domain.backlog import LaneBacklog
from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.lane import Lane
from pillarbox.observe.catalogue import Described
from pillarbox.observe.metrics import Metrics

FIRST_LOOK_SECONDS = 0.5
"""After the start: a process that ends at once has asked nobody."""
LOOK_SECONDS = 5.0
"""Between two looks; scrapes come every fifteen or so."""
SHOWN_SECONDS = 30.0
"""What was seen longer ago is not known any more."""

Look = Callable[[], Mapping[Lane, LaneBacklog]]


class BacklogWatch(Collector):
    """Looks again and again, between `start` and `close`, and shows what it saw last."""

    def __init__(
        self, look: Look, metrics: Metrics, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._look = look
        self._metrics = metrics
        self._monotonic = monotonic
        self._seen: tuple[float, Mapping[Lane, LaneBacklog]] | None = None
        self._seen_at = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        metrics.show(self)

    def look(self) -> None:
        """Look once; while the store is away nothing new is known, and it is said elsewhere."""
        asked = self._monotonic()
        try:
            seen = self._look()
        except StoreUnavailableError:
            return
        self._seen, self._seen_at = (asked, seen), time.time()

    def start(self) -> None:
        """Start the thread that looks."""
        self._thread = threading.Thread(target=self._run, name="backlog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it; a look that hangs is not waited for."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=1.0)

    def describe(self) -> list[Metric]:
        """Name what it shows."""
        return [_family(each) for each in self._all()]

    def collect(self) -> Iterator[Metric]:
        """Show what is known."""
        metrics, seen = self._metrics, self._seen
        if seen is not None and self._monotonic() - seen[0] < SHOWN_SECONDS:
            age, depth = _family(metrics.oldest_due), _family(metrics.due)
            for lane, found in seen[1].items():
                age.add_metric([lane.value], found.oldest.total_seconds() if found.oldest else 0.0)
                depth.add_metric([lane.value], found.due)
            yield age
            yield depth
        observed = _family(metrics.queue_observed)
        observed.add_metric([], self._seen_at)
        yield observed

    def _all(self) -> tuple[Described, ...]:
        return self._metrics.oldest_due, self._metrics.due, self._metrics.queue_observed

    def _run(self) -> None:
        pause = FIRST_LOOK_SECONDS
        while not self._stop.wait(pause):
            self.look()
            pause = LOOK_SECONDS


def _family(described: Described) -> GaugeMetricFamily:
    return GaugeMetricFamily(described.name, described.sentence, labels=list(described.labels))
