"""What is counted, under the names that Prometheus' conventions ask for.

A label takes few values, all known to the operator: never an address, an id or a
text. `docs/metrics.md` is made from this page.
"""

import sys
from importlib.metadata import version
from typing import Final

from prometheus_client.registry import Collector

from pillarbox.domain.attempt import AttemptOutcome
from pillarbox.domain.lane import Lane
from pillarbox.domain.relay_state import Breaker
from pillarbox.domain.reply import Verb
from pillarbox.domain.status import RecipientStatus
from pillarbox.observe.catalogue import Catalogue, Described, Role

SECONDS_TO_OUTCOME: Final = (
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200, 86400),
)
"""From a lone message on an idle system to the last day of a lifetime."""
SECONDS_OF_A_REQUEST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
"""A POST is a millisecond or two; beyond ten seconds a caller has given up."""
SECONDS_OF_AN_ATTEMPT: Final = (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 600)
"""From a pipelined transaction on the same machine to RFC 5321's ten minutes for the last reply."""

CODES: Final = frozenset(
    {
        *(211, 214, 220, 221, 235, 250, 251, 252, 334, 354),
        *(421, 430, 432, 450, 451, 452, 454, 455, 458, 459),
        *(500, 501, 502, 503, 504, 521, 523, 525, 530, 534, 535, 538),
        *(541, 550, 551, 552, 553, 554, 555, 556, 557),
    }
)
"""Those that RFCs and relays use; another is shown by its first digit, so that no relay makes
a thousand series."""

API, WORKER, SCHEDULER = (Role.API,), (Role.WORKER,), (Role.SCHEDULER,)
ALL = tuple(Role)
WATCHERS = (Role.WORKER, Role.SCHEDULER)

_RELAY = "the name of a relay"
_LAST = (RecipientStatus.SENT, RecipientStatus.BOUNCED)
MADE: Final = (*_LAST, RecipientStatus.DEFERRED, RecipientStatus.UNCERTAIN)
"""What an attempt makes of a recipient, and what it makes for good."""
CLOSED_FOR: Final = ("stale", "idle", "worn", "failed", "shutdown")
"""Why connections end; the words of `workers.smtp.trace.ClosedFor`."""


class Metrics:
    """Every metric there is, of which a process shows those of its `role`; made once for it."""

    def __init__(self, role: Role = Role.WORKER) -> None:
        made = self._catalogue = Catalogue(role)
        self.build = made.gauge(
            "pillarbox_build_info", "1: which release this process runs.", ALL,
            mode="livemax", version="the release", python_version="of Python", role=tuple(Role),
        )  # fmt: skip
        self._of_acceptance(made)
        self._of_attempts(made)
        self._of_relays(made)
        self._of_the_house(made)
        self.oldest_due, self.due, self.queue_observed = _of_the_queue(made)
        python = ".".join(map(str, sys.version_info[:3]))
        self.build.labels(version("pillarbox"), python, role.value).set(1)

    def _of_acceptance(self, made: Catalogue) -> None:
        self.requests = made.histogram(
            "pillarbox_http_request_seconds",
            "From an HTTP request's arrival to its answer; its count is how many there were. What"
            " became of submissions is the status of POST on `/v1/messages` and"
            " `/v1/messages/batch`.",
            API, buckets=SECONDS_OF_A_REQUEST, method="an HTTP method, or `other`",
            route="a route with its variables unfilled, or `unknown`",
            status="an HTTP status code",
        )  # fmt: skip
        self.accepted = made.counter(
            "pillarbox_messages_accepted",
            "Messages that were committed and answered with 202, also those of batches.", API,
        )  # fmt: skip
        self.replayed = made.counter(
            "pillarbox_messages_replayed", "Answers repeated for a known Idempotency-Key.", API
        )
        self.cancelled = made.counter(
            "pillarbox_recipients_cancelled", "Recipients that callers cancelled.", API
        )
        self.retried = made.counter(
            "pillarbox_recipients_retried", "Recipients that callers had tried again.", API
        )

    def _of_attempts(self, made: Catalogue) -> None:
        self.attempts = made.counter(
            "pillarbox_attempts", "SMTP transactions by what they came to.", WORKER,
            relay=_RELAY, outcome=tuple(AttemptOutcome),
        )  # fmt: skip
        self.attempt_seconds = made.histogram(
            "pillarbox_attempt_seconds", "How long an SMTP transaction took.", WORKER,
            buckets=SECONDS_OF_AN_ATTEMPT, relay=_RELAY,
        )  # fmt: skip
        self.recipients = made.counter(
            "pillarbox_recipients",
            "Recipients by what an attempt, or the loss of the worker that made it, made of them;"
            " one that is tried again counts again.",
            WORKER, relay=_RELAY, status=MADE,
        )  # fmt: skip
        self.replies = made.counter(
            "pillarbox_replies",
            "Replies of relays in transactions, by the command they answer and their code; a code"
            " that is not usual is shown by its first digit (`4xx`).",
            WORKER, relay=_RELAY, command=tuple(Verb), code="a reply code",
        )  # fmt: skip
        self.time_to_outcome = made.histogram(
            "pillarbox_time_to_outcome_seconds",
            "From a message's acceptance to a recipient's last outcome.",
            WORKER, buckets=SECONDS_TO_OUTCOME, lane=tuple(Lane), status=_LAST,
        )  # fmt: skip
        self.expired = made.counter(
            "pillarbox_deliveries_expired", "Deliveries whose lifetime ended before they did.",
            WORKER,
        )  # fmt: skip

    def _of_relays(self, made: Catalogue) -> None:
        self.connections = made.gauge(
            "pillarbox_relay_connections", "Open connections of this process to a relay.", WORKER,
            mode="livesum", relay=_RELAY, state=("in_use", "idle"),
        )  # fmt: skip
        self.allowed = made.gauge(
            "pillarbox_relay_connections_allowed",
            "Connections that this process allows itself: fewer than the relay's maximum while the"
            " relay says that it is too busy.",
            WORKER, mode="livesum", relay=_RELAY,
        )  # fmt: skip
        self.opened = made.counter(
            "pillarbox_relay_connections_opened", "Connections that were opened.", WORKER,
            relay=_RELAY,
        )  # fmt: skip
        self.reused = made.counter(
            "pillarbox_relay_connections_reused",
            "Idle connections that were taken up again instead of opening one.", WORKER,
            relay=_RELAY,
        )  # fmt: skip
        self.closed = made.counter(
            "pillarbox_relay_connections_closed",
            "Connections that ended: `stale`: the relay had given an idle one up, seen when it was"
            " needed; `idle` too long; `worn`: carried or lasted enough; `failed` in use, or ended"
            " by the relay; `shutdown` of this process.",
            WORKER, relay=_RELAY, reason=CLOSED_FOR,
        )  # fmt: skip
        self.failures = made.counter(
            "pillarbox_relay_failures",
            "Sessions that a relay did not open, or ended before it took a message.", WORKER,
            relay=_RELAY, reason="the stage and what went wrong there, as in `relay_resting`",
        )  # fmt: skip
        self.breaker = made.gauge(
            "pillarbox_relay_breaker", "1 for the state that the relay's breaker is in, else 0.",
            WORKER, mode="livemax", relay=_RELAY, state=tuple(each.word for each in Breaker),
        )  # fmt: skip
        self.resting = made.gauge(
            "pillarbox_relay_resting", "1 while a relay is not tried because it failed, else 0.",
            WORKER, mode="livemax", relay=_RELAY,
        )  # fmt: skip
        self.parked = made.gauge(
            "pillarbox_relay_parked", "1 while a relay refuses our credentials, else 0.", WORKER,
            mode="livemax", relay=_RELAY,
        )  # fmt: skip
        self.places = made.gauge(
            "pillarbox_relay_budget_places",
            "Connections to a relay that all workers together may have.", WORKER,
            mode="livemax", relay=_RELAY,
        )  # fmt: skip
        self.places_used = made.gauge(
            "pillarbox_relay_budget_used",
            "Connections to a relay that all workers together have, by the leases in Redis; NaN"
            " while Redis is away.",
            WORKER, mode="livemax", relay=_RELAY,
        )  # fmt: skip
        self.alone = made.gauge(
            "pillarbox_relay_budget_alone",
            "1 while a process keeps to its share of a relay's budget, since Redis is away.",
            WORKER, mode="livemax", relay=_RELAY,
        )  # fmt: skip

    def _of_the_house(self, made: Catalogue) -> None:
        self.sweeps = made.counter(
            "pillarbox_sweeps", "Sweeps that this worker ran to their end.", WORKER
        )
        self.sweep_seconds = made.histogram(
            "pillarbox_sweep_seconds", "How long a sweep took.", WORKER,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )  # fmt: skip
        self.ticks = made.counter(
            "pillarbox_scheduler_ticks",
            "What became of the sweeps that were due: `published`, `skipped` while enough of them"
            " wait for a worker, or `dropped` while the broker is away.",
            SCHEDULER, result=("published", "skipped", "dropped"),
        )  # fmt: skip
        self.dead_claims = made.counter(
            "pillarbox_dead_claims", "Claims whose lease ran out, found by a sweep.", WORKER
        )
        self.leases_lost = made.counter(
            "pillarbox_leases_lost",
            "Claims that were lost to another worker while worked on.", WORKER,
        )  # fmt: skip
        self.store_away = made.counter(
            "pillarbox_store_away",
            "Times that the store did not take what a worker knew, or answer it.", WORKER,
        )  # fmt: skip
        self.purged = made.counter(
            "pillarbox_purged", "Messages, and contents of messages, purged by their age.", WORKER,
            what=("messages", "contents"),
        )  # fmt: skip
        self.purge_behind = made.gauge(
            "pillarbox_purge_behind_seconds",
            "How much longer than their age allows the oldest were kept that are purged now; 0 when"
            " nothing is left.",
            WORKER, mode="livemax", what=("messages", "contents"),
        )  # fmt: skip
        self.wakeups = made.counter(
            "pillarbox_wakeups", "Wake-ups for workers that were due.", (Role.API, Role.WORKER),
            result=("published", "dropped"),
        )  # fmt: skip
        self.wakeups_received = made.counter(
            "pillarbox_wakeups_received", "Wake-ups that this worker took from its queues.", WORKER
        )
        self.pulse = made.gauge(
            "pillarbox_worker_pulse_timestamp_seconds",
            "When this worker last took from the broker what it had published for itself, or began:"
            " one that stands still consumes nothing.",
            WORKER, mode="livemin",
        )  # fmt: skip

        self.worker_alone = made.gauge(
            "pillarbox_worker_alone",
            "1 while this worker looks for its mail in the database itself, since Redis is away.",
            WORKER, mode="livesum",
        )  # fmt: skip

    @property
    def described(self) -> list[Described]:
        """Every metric of every role."""
        return self._catalogue.described

    def show(self, collector: Collector) -> None:
        """Show what a collector of its own finds, too."""
        self._catalogue.add(collector)

    def render(self) -> tuple[bytes, str]:
        """Return the exposition, of all processes of this server, and its content type."""
        return self._catalogue.render()


def _of_the_queue(made: Catalogue) -> tuple[Described, Described, Described]:
    return (
        made.looked_at(
            "pillarbox_oldest_due_message_seconds",
            "For how long the oldest message of a lane has been due while no worker holds it; 0 if"
            " none is. The same of every process that shows it: take the maximum. Absent while the"
            " database cannot be asked. Looked for among the first 2,000 keys that wait on routes.",
            WATCHERS, lane=tuple(Lane),
        ),
        made.looked_at(
            "pillarbox_due_messages",
            "Messages of a lane that are due and held by no worker, each route of a message by"
            " itself; counted up to 1,000. The same of every process that shows it. Absent while"
            " the database cannot be asked.",
            WATCHERS, lane=tuple(Lane),
        ),
        made.looked_at(
            "pillarbox_queue_observed_timestamp_seconds",
            "When this process last asked the database for the two above; 0 if never.", WATCHERS,
        ),
    )  # fmt: skip
