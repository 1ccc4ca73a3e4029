"""How many requests there were, how they ended and how long they took."""

from prometheus_client import CollectorRegistry, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
"""A POST is a millisecond or two; beyond ten seconds a caller has given up."""


class RequestMetrics:
    """A `RequestObserver`; made once for a process, in the registry that is rendered."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        # With several processes the registry only keeps names apart: files are what is read.
        self._seconds = Histogram(
            "pillarbox_http_request_seconds",
            "From a request's arrival to its answer.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=registry or CollectorRegistry(),
        )

    def __call__(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._seconds.labels(method, route, str(status)).observe(seconds)
