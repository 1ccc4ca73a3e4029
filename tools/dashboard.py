"""What the dashboard draws, row by row."""

from tools.grafana import Panel

_OURS = 'namespace=~"$namespace"'
_RELAY = f'{_OURS}, relay=~"$relay"'
_LOST = f'{_RELAY}, status="uncertain"'
_EVERY = "[$__rate_interval]"


def _rate(metric: str, by: str = "", where: str = _OURS) -> str:
    grouped = f"sum by ({by}) " if by else "sum "
    return f"{grouped}(rate({metric}{{{where}}}{_EVERY}))"


def _quantiles(metric: str, by: str, where: str, legend: str) -> tuple[tuple[str, str], ...]:
    grouped = f"le, {by}" if by else "le"
    rate = f"sum by ({grouped}) (rate({metric}_bucket{{{where}}}{_EVERY}))"
    return tuple(
        (f"histogram_quantile({share}, {rate})", f"{legend} {name}".strip())
        for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
    )


_POSTS = f'{_OURS}, method="POST"'
_REQUESTS = "pillarbox_http_request_seconds"

ROWS: dict[str, tuple[Panel, ...]] = {
    "Acceptance": (
        Panel(
            "Messages accepted", "Committed and answered with 202, also those of batches.", "cps",
            (
                (_rate("pillarbox_messages_accepted_total"), "accepted"),
                (_rate("pillarbox_messages_replayed_total"), "answers repeated"),
            ),
        ),
        Panel(
            "POSTs by status", "4xx is the caller's, 5xx is ours.", "reqps",
            ((_rate(f"{_REQUESTS}_count", "status", _POSTS), "{{status}}"),), stacked=True,
        ),
        Panel(
            "POSTs that failed", "Answered with 5xx; the error budget is 0.1 %.", "percentunit",
            (
                ('namespace:pillarbox_post_errors:ratio_rate5m{namespace=~"$namespace"}',
                 "{{namespace}} 5 minutes"),
                ('namespace:pillarbox_post_errors:ratio_rate1h{namespace=~"$namespace"}',
                 "{{namespace}} 1 hour"),
            ),
        ),
        Panel(
            "Time to answer a POST", "From the request's arrival to its answer.", "s",
            _quantiles(_REQUESTS, "", f'{_POSTS}, route=~"/v1/messages.*"', ""), wide=12,
        ),
        Panel(
            "Callers' second thoughts", "Recipients cancelled, and tried again on demand.", "cps",
            (
                (_rate("pillarbox_recipients_cancelled_total"), "cancelled"),
                (_rate("pillarbox_recipients_retried_total"), "retried"),
            ), wide=12,
        ),
    ),
    "Queue": (
        Panel(
            "Oldest due message", "Nothing is drawn while the database cannot be asked.", "s",
            ((f"max by (lane) (pillarbox_oldest_due_message_seconds{{{_OURS}}})", "{{lane}}"),),
        ),
        Panel(
            "Due messages", "Held by no worker; counted up to 1,000 a lane.", "short",
            ((f"max by (lane) (pillarbox_due_messages{{{_OURS}}})", "{{lane}}"),), stacked=True,
        ),
        Panel(
            "Wake-ups", "What is dropped is found by the next sweep.", "cps",
            (
                (_rate("pillarbox_wakeups_total", "result"), "{{result}}"),
                (_rate("pillarbox_wakeups_received_total"), "received"),
            ),
        ),
    ),
    "Relays": (
        Panel(
            "Attempts by outcome", "SMTP transactions.", "cps",
            ((_rate("pillarbox_attempts_total", "relay, outcome", _RELAY),
              "{{relay}} {{outcome}}"),), stacked=True,
        ),
        Panel(
            "Refusals by code", "Replies of 4yz and 5yz in transactions.", "cps",
            ((_rate("pillarbox_replies_total", "relay, command, code",
                    f'{_RELAY}, code=~"[45].*"'), "{{relay}} {{command}} {{code}}"),),
        ),
        Panel(
            "Sessions that failed", "Not opened, or ended before a message was taken.", "cps",
            ((_rate("pillarbox_relay_failures_total", "relay, reason", _RELAY),
              "{{relay}} {{reason}}"),),
        ),
        Panel(
            "Breakers", "The states that workers see: 1 is the one that holds.", "short",
            ((f"max by (relay, state) (pillarbox_relay_breaker{{{_RELAY}}})",
              "{{relay}} {{state}}"),),
        ),
        Panel(
            "Resting and parked", "A parked relay refuses our credentials.", "short",
            (
                (f"max by (relay) (pillarbox_relay_resting{{{_RELAY}}})", "{{relay}} rests"),
                (f"max by (relay) (pillarbox_relay_parked{{{_RELAY}}})", "{{relay}} parked"),
            ),
        ),
        Panel(
            "Budget of connections", "Of all workers together, by the leases in Redis.", "short",
            (
                (f"max by (relay) (pillarbox_relay_budget_used{{{_RELAY}}})", "{{relay}} used"),
                (f"max by (relay) (pillarbox_relay_budget_places{{{_RELAY}}})",
                 "{{relay}} may have"),
                (f"sum by (relay) (pillarbox_relay_budget_alone{{{_RELAY}}})",
                 "{{relay}} workers alone"),
            ),
        ),
    ),
    "Connections": (
        Panel(
            "Open connections", "Of all workers.", "short",
            (
                (f"sum by (relay, state) (pillarbox_relay_connections{{{_RELAY}}})",
                 "{{relay}} {{state}}"),
                (f"sum by (relay) (pillarbox_relay_connections_allowed{{{_RELAY}}})",
                 "{{relay}} allowed"),
            ),
        ),
        Panel(
            "Opened and reused", "A message over an idle connection costs no handshake.", "cps",
            (
                (_rate("pillarbox_relay_connections_opened_total", "relay", _RELAY),
                 "{{relay}} opened"),
                (_rate("pillarbox_relay_connections_reused_total", "relay", _RELAY),
                 "{{relay}} reused"),
            ),
        ),
        Panel(
            "Why connections ended", "Many that are stale: the relay's idle time is shorter.",
            "cps",
            ((_rate("pillarbox_relay_connections_closed_total", "relay, reason", _RELAY),
              "{{relay}} {{reason}}"),), stacked=True,
        ),
    ),
    "Outcomes": (
        Panel(
            "Recipients by what became of them", "One that is tried again counts again.", "cps",
            ((_rate("pillarbox_recipients_total", "status", _RELAY), "{{status}}"),),
            stacked=True, wide=12,
        ),
        Panel(
            "Uncertain recipients", "Nobody knows whether the relay took their mail.", "short",
            ((f"sum by (relay) (increase(pillarbox_recipients_total{{{_LOST}}}[$__range]))",
              "{{relay}}"),), wide=6,
        ),
        Panel(
            "Expired deliveries", "Their lifetime ended before they did.", "short",
            ((f"sum (increase(pillarbox_deliveries_expired_total{{{_OURS}}}[$__range]))",
              "expired"),), wide=6,
        ),
    ),
    "Latency": (
        Panel(
            "From acceptance to sent, p95", "Of recipients whose relay took the mail.", "s",
            (_quantiles("pillarbox_time_to_outcome_seconds", "lane", f'{_OURS}, status="sent"',
                        "{{lane}}")[1],),
        ),
        Panel(
            "From acceptance to sent, all lanes", "Half of them, and the slow ones.", "s",
            _quantiles("pillarbox_time_to_outcome_seconds", "", f'{_OURS}, status="sent"', ""),
        ),
        Panel(
            "SMTP transactions, p95", "How long a relay takes for one message.", "s",
            (_quantiles("pillarbox_attempt_seconds", "relay", _RELAY, "{{relay}}")[1],),
        ),
    ),
    "Health": (
        Panel(
            "Processes", "By role and release; two releases during an update.", "short",
            ((f"sum by (role, version) (pillarbox_build_info{{{_OURS}}})",
              "{{role}} {{version}}"),
             (f"sum (pillarbox_worker_alone{{{_OURS}}})", "workers without Redis")),
        ),
        Panel(
            "Sweeps", "About one a second; `dropped` while the broker is away.", "cps",
            (
                (_rate("pillarbox_sweeps_total"), "swept"),
                (_rate("pillarbox_scheduler_ticks_total", "result"), "{{result}}"),
            ),
        ),
        Panel(
            "How long sweeps take", "Most of it is forgetting what is old.", "s",
            _quantiles("pillarbox_sweep_seconds", "", _OURS, ""),
        ),
        Panel(
            "Lost leases", "Of workers that died, and of workers that came back too late.",
            "short",
            (
                (f"sum (increase(pillarbox_dead_claims_total{{{_OURS}}}{_EVERY}))",
                 "ran out"),
                (f"sum (increase(pillarbox_leases_lost_total{{{_OURS}}}{_EVERY}))",
                 "lost at work"),
            ),
        ),
        Panel(
            "Store and pulse", "Since the queue was seen, and since the slowest worker consumed.",
            "s",
            (
                (f"time() - max (pillarbox_queue_observed_timestamp_seconds{{{_OURS}}})",
                 "queue seen"),
                (f"time() - min (pillarbox_worker_pulse_timestamp_seconds{{{_OURS}}})",
                 "slowest worker"),
            ),
        ),
        Panel(
            "Store away, and purged", "What workers could not write; what was forgotten by age.",
            "cps",
            (
                (_rate("pillarbox_store_away_total"), "store away"),
                (_rate("pillarbox_purged_total", "what"), "{{what}} purged"),
            ),
        ),
        Panel(
            "Purge behind", "How much longer than their age allows messages are kept.", "s",
            ((f"max by (what) (pillarbox_purge_behind_seconds{{{_OURS}}})", "{{what}}"),),
        ),
    ),
}  # fmt: skip
