"""What is drawn of a mail's way: whose trace it continues, its links, what it never shows."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode

from pillarbox.domain.attempt import ConnectionFacts, Step
from pillarbox.domain.message import TraceContext
from pillarbox.domain.outcome import (
    Bounced,
    Deferred,
    Finding,
    FindingCode,
    Outcome,
    Sent,
    Uncertain,
)
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.retry import RetrySchedule
from pillarbox.flows.ports.claims import DeliverySettlement
from pillarbox.flows.settle import Bookkeeper, Circumstances
from tests.fakes.categories import other
from tests.fakes.deliveries import NOW, RELAY, TAKEN, claim, delivery
from tests.fakes.traces import (
    CALLER,
    SPAN_ID,
    TRACE_ID,
    RecordedTraces,
    links_of,
    own_ids,
    parent_of,
)

SECOND = timedelta(seconds=1)
OK = Reply(250, "Ok", Verb.MAIL, "2.1.0")
UNKNOWN = Reply(550, "<bob@example.com> has moved", Verb.RCPT, "5.1.1")
GREYLISTED = Reply(450, "Greylisted", Verb.RCPT)
GONE = Finding(FindingCode.REPLY_LOST, "gone")


def settled(
    *outcomes: Outcome,
    trace: TraceContext | None = CALLER,
    steps: tuple[Step, ...] = (),
    connection: ConnectionFacts = RELAY,
) -> DeliverySettlement:
    """Settle a transaction of one second with these outcomes (default: sent)."""
    outcomes = outcomes or (TAKEN,)
    books = Bookkeeper(RetrySchedule(SECOND, SECOND), other, lambda: 0.0)
    claimed = replace(delivery(recipients=len(outcomes)), trace=trace)
    circumstances = Circumstances("default", NOW, NOW + SECOND, steps, connection)
    return books.attempted(claimed, outcomes, circumstances)


def drawn(settlement: DeliverySettlement) -> ReadableSpan:
    """Return the span of a transaction."""
    traces = RecordedTraces()
    traces.tracer.attempted(settlement)
    return traces.only()


def nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000_000


def test_a_transaction_continues_the_trace_of_its_message() -> None:
    """Whatever the caller's own vendor wrote beside it travels on."""
    span = drawn(settled())

    assert (TRACE_ID, SPAN_ID) == parent_of(span)
    assert TRACE_ID == own_ids(span)[0]
    assert span.context is not None
    assert "1" == span.context.trace_state.get("vendor")


@pytest.mark.parametrize("trace", [None, TraceContext("00-1-2-01", "x"), TraceContext("")])
def test_a_message_without_a_fit_trace_begins_one(trace: TraceContext | None) -> None:
    """Malformed, it is as good as none."""
    assert parent_of(drawn(settled(trace=trace))) is None


def test_a_transaction_is_told_in_the_words_of_the_conventions() -> None:
    """By the attempt's own times, with nothing in it that names a person."""
    span = drawn(settled())

    assert ("send default", SpanKind.CLIENT) == (span.name, span.kind)
    assert (nanoseconds(NOW), nanoseconds(NOW + SECOND)) == (span.start_time, span.end_time)
    assert StatusCode.UNSET is span.status.status_code
    expected = {
        "messaging.system": "smtp",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "default",
        "messaging.message.id": delivery().message_id,
        "network.protocol.name": "smtp",
        "server.address": "relay.test",
        "tls.protocol.version": "1.3",
        "server.port": 587,
        "pillarbox.outcome": "sent",
        "pillarbox.recipients": 1,
        "pillarbox.connection.reused": True,
        "pillarbox.reply.code": 250,
        "pillarbox.reply.enhanced": "2.0.0",
    }
    assert expected == span.attributes


def test_a_relay_on_ipv6_has_its_address_without_brackets() -> None:
    span = drawn(settled(connection=replace(RELAY, host="[::1]:25")))

    assert span.attributes is not None
    assert ("::1", 25) == (span.attributes["server.address"], span.attributes["server.port"])


@pytest.mark.parametrize(
    ("outcomes", "outcome", "error"),
    [
        ((Bounced(UNKNOWN),), "bounced", "550"),
        ((Deferred(GREYLISTED),), "deferred", "450"),
        ((Uncertain(GONE),), "uncertain", "reply_lost"),
        ((TAKEN, Bounced(UNKNOWN)), "partial", "550"),
    ],
)
def test_what_was_not_sent_is_an_error_by_the_reply_or_by_our_finding(
    outcomes: tuple[Outcome, ...], outcome: str, error: str
) -> None:
    """Of several recipients the first that was refused tells; a finding is never a reply."""
    span = drawn(settled(*outcomes))

    assert span.attributes is not None
    assert (StatusCode.ERROR, outcome) == (span.status.status_code, span.status.description)
    assert (outcome, error) == (span.attributes["pillarbox.outcome"], span.attributes["error.type"])
    assert error.isdecimal() == ("pillarbox.reply.code" in span.attributes)


def test_each_step_is_an_event_without_addresses_and_texts() -> None:
    """A relay's text often repeats the address that it refuses."""
    refused = settled(Bounced(UNKNOWN)).delivery.recipients[0]
    steps = (Step(Verb.MAIL, OK, 1.0), Step(Verb.RCPT, UNKNOWN, 2.0, refused))

    span = drawn(settled(Bounced(UNKNOWN), steps=steps))

    expected = [
        (
            "MAIL",
            {
                "pillarbox.milliseconds": 1.0,
                "pillarbox.reply.code": 250,
                "pillarbox.reply.enhanced": "2.1.0",
            },
        ),
        (
            "RCPT",
            {
                "pillarbox.milliseconds": 2.0,
                "pillarbox.reply.code": 550,
                "pillarbox.reply.enhanced": "5.1.1",
            },
        ),
    ]
    assert expected == [(event.name, event.attributes) for event in span.events]
    assert "example.com" not in span.to_json()
    assert "has moved" not in span.to_json()


@pytest.mark.parametrize(
    ("took", "expected"),
    [
        ((100.0, 200.0, 700.0), [100, 300, 1000]),
        ((400.0, 400.0, 600.0), [400, 400, 1000]),
        ((400.0, 300.0, 2000.0), [400, 400, 1000]),
    ],
)
def test_events_stand_where_the_replies_came(took: tuple[float, ...], expected: list[int]) -> None:
    """One after the other; asked at once (they add up to more than it took), nearly together."""
    verbs = (Verb.MAIL, Verb.RCPT, Verb.END_OF_DATA)
    steps = tuple(Step(verb, OK, each) for verb, each in zip(verbs, took, strict=True))

    span = drawn(settled(steps=steps))

    begin = nanoseconds(NOW)
    assert expected == [(event.timestamp - begin) // 1_000_000 for event in span.events]


def test_a_step_without_a_reply_has_none() -> None:
    span = drawn(settled(Uncertain(GONE), steps=(Step(Verb.END_OF_DATA, None, 9.0),)))

    assert [{"pillarbox.milliseconds": 9.0}] == [event.attributes for event in span.events]


def test_a_settlement_without_an_attempt_is_no_span() -> None:
    """It expired, or was never tried: nothing went on the wire."""
    traces = RecordedTraces()

    traces.tracer.attempted(replace(settled(), attempt=None))

    assert [] == traces.spans


def test_a_batch_links_to_its_messages_and_its_transactions_link_to_it() -> None:
    """It belongs to no one message; each trace once, and none that is unfit."""
    another = TraceContext(f"00-{'c' * 32}-{'d' * 16}-01")
    traces = RecordedTraces()
    contexts = [CALLER, None, another, CALLER, TraceContext("00-1-2-01")]
    claimed = claim(
        *(replace(delivery(place), trace=trace) for place, trace in enumerate(contexts))
    )

    with traces.tracer.batch(claimed):
        traces.tracer.attempted(settled())

    transaction, batch = traces.spans
    assert [(TRACE_ID, SPAN_ID), ("c" * 32, "d" * 16)] == links_of(batch)
    assert parent_of(batch) is None
    assert ("process default", SpanKind.CONSUMER) == (batch.name, batch.kind)
    assert batch.attributes is not None
    assert 5 == batch.attributes["messaging.batch.message_count"]
    assert [own_ids(batch)] == links_of(transaction)
    assert (TRACE_ID, SPAN_ID) == parent_of(transaction)


def test_a_batch_that_fails_tells_the_kind_of_its_error_and_no_text() -> None:
    """An exception's text may hold anything."""
    traces = RecordedTraces()

    with pytest.raises(ValueError, match="ada"), traces.tracer.batch(claim(delivery())):
        raise ValueError("ada@example.com")

    batch = traces.only()
    assert batch.attributes is not None
    assert "ValueError" == batch.attributes["error.type"]
    assert StatusCode.ERROR is batch.status.status_code
    assert "ada@example.com" not in batch.to_json()


def test_a_caller_that_does_not_sample_is_obeyed() -> None:
    """The last two digits of its traceparent (W3C Trace Context 3.2.2.5)."""
    traces = RecordedTraces()

    traces.tracer.attempted(settled(trace=TraceContext(f"00-{TRACE_ID}-{SPAN_ID}-00")))

    assert [] == traces.spans


def test_what_is_not_sampled_still_carries_its_trace_on() -> None:
    """And says that it is not."""
    traces = RecordedTraces(ALWAYS_OFF)

    span = traces.tracer.request("POST", "/v1/messages", CALLER)

    assert f"00-{TRACE_ID}-" == span.context.traceparent[:36]
    assert "-00" == span.context.traceparent[-3:]
    span.end(202)
    assert [] == traces.spans


@pytest.mark.parametrize(
    ("status", "error"), [(202, None), (404, None), (500, "500"), (503, "503")]
)
def test_a_request_is_an_error_when_we_are_to_blame(status: int, error: str | None) -> None:
    """A caller's mistake is none of ours (semantic conventions for HTTP, server spans)."""
    traces = RecordedTraces()

    traces.tracer.request("POST", "/v1/messages", None).end(status)

    span = traces.only()
    assert span.attributes is not None
    assert ("POST /v1/messages", SpanKind.SERVER) == (span.name, span.kind)
    assert error == span.attributes.get("error.type")
    assert (error is not None) == (span.status.status_code is StatusCode.ERROR)


def test_a_request_of_an_unknown_kind_has_the_conventions_word_for_it() -> None:
    traces = RecordedTraces()

    traces.tracer.request("other", None, None).end(404)

    span = traces.only()
    assert "other" == span.name
    assert {"http.request.method": "_OTHER", "http.response.status_code": 404} == span.attributes


def test_what_a_sent_recipient_met_last_tells_when_all_were_sent() -> None:
    """The relay's own number for it is in the reply's text, which stays out."""
    span = drawn(settled(Sent(Reply(251, "queued as 4711", Verb.END_OF_DATA))))

    assert span.attributes is not None
    assert 251 == span.attributes["pillarbox.reply.code"]
    assert "4711" not in span.to_json()
