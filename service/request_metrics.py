"""How many requests there were, how they ended and how long they took."""

from prometheus_client import Histogram


class RequestMetrics:
    """A `RequestObserver` over the histogram that is rendered."""

    def __init__(self, seconds: Histogram) -> None:
        self._seconds = seconds

    def __call__(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._seconds.labels(method, route, str(status)).observe(seconds)
