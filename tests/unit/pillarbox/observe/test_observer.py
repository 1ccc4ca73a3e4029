"""What is counted and said of what happens."""

import logging
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from pillarbox.domain.attempt import Attempt, AttemptOutcome, ConnectionFacts, Step
from pillarbox.domain.category import Category
from pillarbox.domain.ids import ClaimId
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.domain.outcome import Finding, FindingCode
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.claims import Claim, DeliverySettlement
from pillarbox.flows.ports.surroundings import Observer
from pillarbox.flows.sweep import SweepResult
from pillarbox.observe.metrics import Metrics
from pillarbox.observe.observer import LoggingObserver
from tests.fakes.workers_delivery import CREATED_AT, delivery

QUEUED = Reply(250, "Ok: queued as 4711", Verb.END_OF_DATA, "2.0.0")
ROUTE = Route("default", Lane.HIGH)
CLAIM = Claim(ClaimId("clm_7"), ROUTE, CREATED_AT, (), more=False)
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
        LoggingObserver(Metrics()).attempted(CLAIM, [_settlement()])

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
        LoggingObserver(Metrics()).attempted(CLAIM, [replace(settlement, states=states)])

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
        LoggingObserver(Metrics()).attempted(CLAIM, [_sent(0), _settlement(), _sent(1)])

    assert ["message_attempted", "messages_sent"] == [line["event"] for line in logs]
    assert [f"msg_{0:026}", f"msg_{1:026}"] == logs[1]["message_ids"]
    assert (2, "default", "relay.test:587", True, 1.5) == (
        logs[1]["messages"], logs[1]["relay"], logs[1]["host"], logs[1]["reused"],
        logs[1]["slowest_milliseconds"],
    )  # fmt: skip


def test_at_debug_each_attempt_has_its_line(caplog: pytest.LogCaptureFixture) -> None:
    """Who looks for one message's way sees it, at the price of a line for each."""
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        LoggingObserver(Metrics()).attempted(CLAIM, [_sent(0), _sent(1)])

    assert ["message_attempted", "message_attempted", "messages_sent"] == [
        line["event"] for line in logs
    ]
    assert [f"msg_{0:026}", f"msg_{1:026}"] == [line["message_id"] for line in logs[:2]]


def test_what_could_not_be_tried_at_all_is_said_and_counted() -> None:
    """A message that cannot be built bounces by our own finding: nothing else would tell it."""
    metrics = Metrics()

    with capture_logs() as logs:
        LoggingObserver(metrics).attempted(CLAIM, [replace(_settlement(), attempt=None)])

    [line] = logs
    assert ("message_impossible", "warning", "clm_7", f"msg_{0:026}") == (
        line["event"], line["log_level"], line["claim_id"], line["message_id"],
    )  # fmt: skip
    assert 1 == _sample(metrics, 'pillarbox_recipients_total{relay="default",status="bounced"}')


def test_a_line_of_an_attempt_names_the_claim_that_it_was_made_under() -> None:
    """The sweep's and the database's word for it: what joins a message's line to theirs."""
    with capture_logs() as logs:
        LoggingObserver(Metrics()).attempted(CLAIM, [_sent(0), _settlement()])

    assert ["clm_7", "clm_7"] == [line["claim_id"] for line in logs]


def test_a_code_that_is_not_usual_is_shown_by_its_first_digit() -> None:
    """A relay that answers with every number there is makes no thousand series."""
    metrics = Metrics()
    settlement = _settlement()
    assert settlement.attempt is not None
    odd = (Step(Verb.MAIL, Reply(477, "odd", Verb.MAIL), 1.0),)

    LoggingObserver(metrics).attempted(
        CLAIM, [replace(settlement, attempt=replace(settlement.attempt, steps=odd))]
    )

    line = 'pillarbox_replies_total{code="4xx",command="MAIL",relay="default"}'
    assert 1 == _sample(metrics, line)


def test_attempts_recipients_replies_and_time_are_counted() -> None:
    """By the labels that an operator draws by."""
    metrics = Metrics()

    LoggingObserver(metrics).attempted(CLAIM, [_settlement()])

    assert 1 == _sample(metrics, 'pillarbox_attempts_total{outcome="partial",relay="default"}')
    assert 1 == _sample(metrics, 'pillarbox_recipients_total{relay="default",status="bounced"}')
    assert 1 == _sample(
        metrics, 'pillarbox_replies_total{code="550",command="RCPT",relay="default"}'
    )
    assert 0.25 == _sample(
        metrics, 'pillarbox_time_to_outcome_seconds_sum{lane="high",status="sent"}'
    )
    assert 0.01234 == _sample(metrics, 'pillarbox_attempt_seconds_sum{relay="default"}')


def test_a_sweep_is_counted_and_said_only_when_it_found_something() -> None:
    """A line a second is no news."""
    metrics = Metrics()
    observer = LoggingObserver(metrics)

    with capture_logs() as logs:
        observer.swept(SweepResult(0, 0, 3), 0.01)
        observer.swept(SweepResult(2, 1, 0, {"default": 4}), 0.01)

    assert [("sweep_found", 2, 1, 4)] == [
        (line["event"], line["dead_claims"], line["expired"], line["uncertain"]) for line in logs
    ]
    assert 4 == _sample(metrics, 'pillarbox_recipients_total{relay="default",status="uncertain"}')
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
