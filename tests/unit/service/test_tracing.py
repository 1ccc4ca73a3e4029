"""A request's span, and which context its message keeps."""

import pytest
from opentelemetry.trace import SpanKind

from service.app import create_app
from tests.fakes.services import EVERYDAY, World
from tests.fakes.traces import (
    CALLER,
    SPAN_ID,
    TRACE_ID,
    RecordedTraces,
    own_ids,
    parent_of,
)

LETTER = {"from": "billing@acme.test", "to": "ada@example.com", "text": "hello"}
HEADERS = {"traceparent": CALLER.traceparent, "tracestate": CALLER.tracestate}


class Traced:
    """A client of a service that traces, and what it traced."""

    def __init__(self) -> None:
        self.traces = RecordedTraces()
        self.world = World(tracer=self.traces.tracer)
        self.client = create_app(self.world.services()).test_client()
        self.key = {"Authorization": f"Bearer {self.world.new_key('everyday', *EVERYDAY)}"}


def test_untraced_a_message_keeps_its_callers_trace_to_the_letter() -> None:
    """Whoever reads it later goes on where the caller was."""
    world = World()
    key = {"Authorization": f"Bearer {world.new_key('everyday', *EVERYDAY)}"}

    create_app(world.services()).test_client().post(
        "/v1/messages", json=LETTER, headers=key | HEADERS
    )

    [message] = world.acceptance.messages
    assert CALLER == message.trace


def test_traced_a_message_keeps_its_requests_span_which_continues_the_callers() -> None:
    """Caller, request and transaction are one line of parents."""
    traced = Traced()

    traced.client.post("/v1/messages", json=LETTER, headers=traced.key | HEADERS)

    span = traced.traces.only()
    [message] = traced.world.acceptance.messages
    assert (TRACE_ID, SPAN_ID) == parent_of(span)
    trace, own = own_ids(span)
    assert message.trace is not None
    assert f"00-{trace}-{own}-01" == message.trace.traceparent
    assert "vendor=1" == message.trace.tracestate
    assert ("POST /v1/messages", SpanKind.SERVER) == (span.name, span.kind)
    expected = {
        "http.request.method": "POST",
        "http.route": "/v1/messages",
        "http.response.status_code": 202,
    }
    assert expected == span.attributes


def test_a_request_without_a_trace_begins_one() -> None:
    traced = Traced()

    traced.client.post("/v1/messages", json=LETTER, headers=traced.key)

    [message] = traced.world.acceptance.messages
    assert message.trace is not None
    assert parent_of(traced.traces.only()) is None
    assert own_ids(traced.traces.only())[0] in message.trace.traceparent


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/v1/messages?recipient=ada@example.com", 200, "GET /v1/messages"),
        ("GET", "/v1/messages/ada@example.com", 404, "GET /v1/messages/<message_id>"),
        ("GET", "/ada@example.com", 404, "GET"),
        ("PURGE", "/v1/messages", 405, "other"),
    ],
)
def test_a_span_names_the_route_and_never_what_was_asked_for(
    method: str, path: str, status: int, name: str
) -> None:
    """Paths and queries carry addresses."""
    traced = Traced()

    traced.client.open(path, method=method, headers=traced.key)

    span = traced.traces.only()
    assert span.attributes is not None
    assert (name, status) == (span.name, span.attributes["http.response.status_code"])
    assert "ada" not in span.to_json()


def test_a_refused_request_is_a_span_too() -> None:
    traced = Traced()

    traced.client.post("/v1/messages", json=LETTER)

    span = traced.traces.only()
    assert span.attributes is not None
    assert 401 == span.attributes["http.response.status_code"]


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/docs"])
def test_probes_and_public_pages_are_not_traced(path: str) -> None:
    """They come every second and would hide the rest."""
    traced = Traced()

    traced.client.get(path)

    assert [] == traced.traces.spans
