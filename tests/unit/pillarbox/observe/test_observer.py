"""What is counted and said of what happens."""

import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.attempt import Attempt, AttemptOutcome, ConnectionFacts, Step
from pillarbox.domain.category import Category
from pillarbox.domain.ids import ClaimId
from pillarbox.domain.outcome import Finding, FindingCode
from pillarbox.domain.relay_state import Breaker
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.claims import DeliverySettlement
from pillarbox.flows.ports.surroundings import Observer
from pillarbox.flows.sweep import SweepResult
from pillarbox.observe.metrics import Metrics
from pillarbox.observe.observer import LoggingObserver
from tests.fakes.workers_delivery import CREATED_AT, delivery

QUEUED = Reply(250, "Ok: queued as 4711", Verb.END_OF_DATA, "2.0.0")
UNKNOWN = Reply(550, "<bob@example.com> unknown", Verb.RCPT, "5.1.1")


def _settlement() -> DeliverySettlement:
    """Settle a mail that ada got and bob did not, a quarter of a second after its acceptance."""
    claimed = delivery("ada", "bob")
    ended = CREATED_AT + timedelta(milliseconds=250)
    ada, bob = claimed.states
    return DeliverySettlement(
        claimed,
        (
            replace(
                ada, status=RecipientStatus.SENT, attempts=1, last_attempt_at=ended, cause=QUEUED
            ),
            replace(
                bob,
                status=RecipientStatus.BOUNCED,
                attempts=1,
                last_attempt_at=ended,
                cause=UNKNOWN,
                category=Category.INVALID_RECIPIENT,
            ),
        ),
        None,
        Attempt(
            relay="default",
            started_at=CREATED_AT,
            milliseconds=12.34,
            outcome=AttemptOutcome.PARTIAL,
            steps=(
                Step(Verb.MAIL, Reply(250, "Ok", Verb.MAIL), 1.0),
                Step(Verb.RCPT, UNKNOWN, 1.0, claimed.recipients[1]),
                Step(Verb.END_OF_DATA, QUEUED, 9.0),
                Step(Verb.QUIT, None, 1.0),
            ),
            connection=ConnectionFacts("relay.test:587", "TLSv1.3", "TLS_AES", reused=True),
        ),
    )


def _sample(metrics: Metrics, line: str) -> float:
    match = re.search(rf"^{re.escape(line)} (\S+)$", metrics.render()[0].decode(), re.MULTILINE)
    assert match, line
    return float(match[1])


def test_an_attempt_is_one_line_with_every_recipient_by_its_position() -> None:
    """Who was meant is found by the id; the line names nobody."""
    with capture_logs() as logs:
        LoggingObserver(Metrics()).attempted([_settlement()])

    [line] = logs
    assert "message_attempted" == line["event"]
    assert ("partial", "default", "relay.test:587", True, 12.3) == (
        line["outcome"], line["relay"], line["host"], line["reused"], line["milliseconds"],
    )  # fmt: skip
    expected = [
        {
            "position": 0,
            "status": "sent",
            "attempts": 1,
            "reply": "250 2.0.0 Ok: queued as 4711",
            "command": "END-OF-DATA",
        },
        {
            "position": 1,
            "status": "bounced",
            "attempts": 1,
            "category": "invalid_recipient",
            "reply": "550 5.1.1 <bob@example.com> unknown",
            "command": "RCPT",
        },
    ]
    assert expected == line["recipients"]


def test_what_we_found_is_told_as_a_finding() -> None:
    """It is never dressed up as a reply."""
    settlement = _settlement()
    finding = Finding(FindingCode.CONNECTION_LOST, "gone")
    states = tuple(replace(state, cause=finding) for state in settlement.states)

    with capture_logs() as logs:
        LoggingObserver(Metrics()).attempted([replace(settlement, states=states)])

    first = logs[0]["recipients"][0]
    assert ("connection_lost", "gone") == (first["finding"], first["detail"])
    assert "reply" not in first


def _sent(place: int) -> DeliverySettlement:
    """Settle a mail that all got."""
    settlement = _settlement()
    assert settlement.attempt is not None
    return replace(
        settlement,
        delivery=delivery("ada", place=place),
        states=settlement.states[:1],
        attempt=replace(settlement.attempt, outcome=AttemptOutcome.SENT, milliseconds=place + 0.5),
    )


def test_what_was_sent_is_one_line_for_the_group_with_every_id() -> None:
    """A line for each would cost as much as the mail; what was not sent has its own."""
    with capture_logs() as logs:
        LoggingObserver(Metrics()).attempted([_sent(0), _settlement(), _sent(1)])

    assert ["message_attempted", "messages_sent"] == [line["event"] for line in logs]
    assert [f"msg_{0:026}", f"msg_{1:026}"] == logs[1]["message_ids"]
    assert (2, "default", "relay.test:587", True, 1.5) == (
        logs[1]["messages"], logs[1]["relay"], logs[1]["host"], logs[1]["reused"],
        logs[1]["slowest_milliseconds"],
    )  # fmt: skip


def test_at_debug_each_attempt_has_its_line(caplog: pytest.LogCaptureFixture) -> None:
    """Who looks for one message's way sees it, at the price of a line for each."""
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        LoggingObserver(Metrics()).attempted([_sent(0), _sent(1)])

    assert ["message_attempted", "message_attempted", "messages_sent"] == [
        line["event"] for line in logs
    ]
    assert [f"msg_{0:026}", f"msg_{1:026}"] == [line["message_id"] for line in logs[:2]]


def test_a_settlement_without_an_attempt_is_no_attempt() -> None:
    """It expired, or its worker died: that is counted elsewhere."""
    with capture_logs() as logs:
        LoggingObserver(Metrics()).attempted([replace(_settlement(), attempt=None)])

    assert [] == logs


def test_attempts_recipients_replies_and_time_are_counted() -> None:
    """By the labels that an operator draws by."""
    metrics = Metrics()

    LoggingObserver(metrics).attempted([_settlement()])

    assert 1 == _sample(metrics, 'pillarbox_attempts_total{outcome="partial",relay="default"}')
    assert 1 == _sample(metrics, 'pillarbox_recipients_total{relay="default",status="bounced"}')
    assert 1 == _sample(
        metrics, 'pillarbox_replies_total{code_class="5xx",command="RCPT",relay="default"}'
    )
    assert 0.25 == _sample(metrics, 'pillarbox_seconds_to_outcome_sum{status="sent"}')


def test_a_sweep_is_counted_and_said_only_when_it_found_something() -> None:
    """A line a second is no news."""
    metrics = Metrics()
    observer = LoggingObserver(metrics)

    with capture_logs() as logs:
        observer.swept(SweepResult(0, 0, 3), 0.01)
        observer.swept(SweepResult(2, 1, 0), 0.01)

    assert [("sweep_found", 2, 1)] == [
        (line["event"], line["dead_claims"], line["expired"]) for line in logs
    ]
    assert 2 == _sample(metrics, "pillarbox_sweeps_total")
    assert 2 == _sample(metrics, "pillarbox_dead_claims_total")
    assert 1 == _sample(metrics, "pillarbox_deliveries_expired_total")


def test_what_goes_wrong_is_counted_and_said() -> None:
    """A lost lease and a store that is away are an operator's business."""
    metrics = Metrics()
    observer: Observer = LoggingObserver(metrics)

    with capture_logs() as logs:
        observer.lease_lost(ClaimId("clm_1"))
        observer.store_away()

    assert [("lease_lost", "warning"), ("store_away", "error")] == [
        (line["event"], line["log_level"]) for line in logs
    ]
    assert 1 == _sample(metrics, "pillarbox_leases_lost_total")
    assert 1 == _sample(metrics, "pillarbox_store_away_total")


def test_relays_and_wake_ups_are_shown() -> None:
    """A relay that rests is a gauge at 1 until it is back."""
    metrics = Metrics()
    observer = LoggingObserver(metrics)

    observer.wake_published()
    observer.wake_dropped()
    observer.replayed()
    observer.relay_connections("default", in_use=3, idle=2)
    observer.relay_breaker("default", Breaker.PARKED)

    assert 1 == _sample(metrics, 'pillarbox_wakeups_total{result="dropped"}')
    assert 1 == _sample(metrics, 'pillarbox_wakeups_total{result="published"}')
    assert 1 == _sample(metrics, "pillarbox_messages_replayed_total")
    assert 3 == _sample(metrics, 'pillarbox_relay_connections{relay="default",state="in_use"}')
    assert 1 == _sample(metrics, 'pillarbox_relay_resting{relay="default"}')
    assert 1 == _sample(metrics, 'pillarbox_relay_parked{relay="default"}')


def test_the_processes_of_one_server_share_their_numbers(tmp_path: Path) -> None:
    """Gunicorn's processes each count; whichever is asked answers for all."""
    count = (
        "import json\n"
        "from pillarbox.observe.metrics import Metrics\n"
        "metrics = Metrics()\n"
        "metrics.replayed.inc()\n"
        "print(json.dumps([metrics.render()[0].decode(), metrics.render()[1]]))\n"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    for expected in (1.0, 2.0):
        done = subprocess.run(
            [sys.executable, "-c", count],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
            cwd=Path(__file__).resolve().parents[4],
        )
        text, content_type = json.loads(done.stdout)
        assert f"pillarbox_messages_replayed_total {expected}" in text
        assert content_type.startswith("text/plain")
