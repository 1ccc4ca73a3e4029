"""What is counted, under the names that Prometheus' conventions ask for.

1. With `PROMETHEUS_MULTIPROC_DIR` set before this package is first imported,
   the processes of one server share their numbers (gunicorn); without it, a
   process shows its own (worker, scheduler).
2. A label takes few values, all known to the operator: never an address, an id
   or a text.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

SECONDS_TO_OUTCOME = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200, 86400)
"""From a lone message on an idle system to the last day of a lifetime."""

_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """Every metric there is; made once for a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.accepted = self._counter(
            "pillarbox_messages_accepted", "Messages that were committed and answered with 202."
        )
        self.replayed = self._counter(
            "pillarbox_messages_replayed", "Answers repeated for a known Idempotency-Key."
        )
        self.attempts = self._counter(
            "pillarbox_attempts", "SMTP transactions by what they came to.", "relay", "outcome"
        )
        self.recipients = self._counter(
            "pillarbox_recipients", "Recipients that an attempt spoke of, by what it made of them.",
            "relay", "status",
        )  # fmt: skip
        self.replies = self._counter(
            "pillarbox_replies", "Replies of relays, by the command and the first digit.",
            "relay", "command", "code_class",
        )  # fmt: skip
        self.seconds_to_outcome = Histogram(
            "pillarbox_seconds_to_outcome",
            "From a message's acceptance to a recipient's last outcome.",
            ["status"],
            buckets=SECONDS_TO_OUTCOME,
            registry=self._registry,
        )
        self.sweeps = self._counter("pillarbox_sweeps", "Sweeps that ran to their end.")
        self.sweep_seconds = Histogram(
            "pillarbox_sweep_seconds", "How long a sweep took.", registry=self._registry
        )
        self.dead_claims = self._counter(
            "pillarbox_dead_claims", "Claims whose lease ran out, found by a sweep."
        )
        self.expired = self._counter(
            "pillarbox_deliveries_expired", "Deliveries whose lifetime ended before they did."
        )
        self.cancelled = self._counter(
            "pillarbox_recipients_cancelled", "Recipients that callers cancelled."
        )
        self.retried = self._counter(
            "pillarbox_recipients_retried", "Recipients that callers had tried again."
        )
        self.purged = self._counter(
            "pillarbox_purged", "Messages, and contents of messages, purged by their age.", "what"
        )
        self.leases_lost = self._counter(
            "pillarbox_leases_lost", "Claims that were lost to another worker while worked on."
        )
        self.store_away = self._counter(
            "pillarbox_store_away", "Times that the store did not take what a worker knew."
        )
        self.wakeups = self._counter(
            "pillarbox_wakeups", "Wake-ups for workers: published, or dropped.", "result"
        )
        self.connections = self._gauge(
            "pillarbox_relay_connections", "Open connections to a relay: in_use or idle.",
            "relay", "state", mode="livesum",
        )  # fmt: skip
        self.resting = self._gauge(
            "pillarbox_relay_resting", "1 while a relay is not tried because it failed, else 0.",
            "relay", mode="livemax",
        )  # fmt: skip
        self.parked = self._gauge(
            "pillarbox_relay_parked", "1 while a relay refuses our credentials, else 0.",
            "relay", mode="livemax",
        )  # fmt: skip
        self.alone = self._gauge(
            "pillarbox_relay_budget_alone",
            "1 while a process keeps to its share of a relay's budget, since Redis is away.",
            "relay", mode="livemax",
        )  # fmt: skip

    def render(self) -> tuple[bytes, str]:
        """Return the exposition, of all processes of this server, and its content type."""
        if not os.environ.get(_MULTIPROCESS):
            return generate_latest(self._registry), CONTENT_TYPE_LATEST
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]  # has no annotations
        return generate_latest(everybody), CONTENT_TYPE_LATEST

    def _counter(self, name: str, sentence: str, *labels: str) -> Counter:
        return Counter(name, sentence, labels, registry=self._registry)

    def _gauge(self, name: str, sentence: str, *labels: str, mode: str) -> Gauge:
        return Gauge(name, sentence, labels, registry=self._registry, multiprocess_mode=mode)  # type: ignore[arg-type]  # a Literal of the library's own
