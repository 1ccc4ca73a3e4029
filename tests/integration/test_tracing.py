"""One trace from a caller through the API and a worker, as a collector is given it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.fakes.traces import CALLER, SPAN_ID, TRACE_ID
from tests.servers.aiosmtpd_server import AioSmtpdServer
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer


class Collector:
    """Takes OTLP over HTTP; `spans` are pairs of the service's name and the span."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                octets = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(ExportTraceServiceRequest.FromString(octets))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, request: ExportTraceServiceRequest) -> None:
        """Keep what was exported."""
        for each in request.resource_spans:
            said = {pair.key: pair.value.string_value for pair in each.resource.attributes}
            for scope in each.scope_spans:
                self.spans += [(said["service.name"], span) for span in scope.spans]

    def span(self, service: str, name: str) -> Span:
        """Return the one span of this name."""
        [found] = [span for of, span in self.spans if (of, span.name) == (service, name)]
        return found


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever)
    thread.start()
    yield collector
    collector.server.shutdown()
    thread.join()
    collector.server.server_close()


def test_a_mail_is_one_trace_from_its_caller_to_the_relay(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    collector: Collector,
    redis_server: RedisServer,
    aiosmtpd_relay: AioSmtpdServer,
) -> None:
    """Processes that end hand over what they hold; nothing of it names a person."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    redis_url = redis_server.database()

    user, password = (
        quote(each, safe="") for each in (aiosmtpd_relay.user, aiosmtpd_relay.password)
    )
    relay_url = f"smtp+starttls://{user}:{password}@{aiosmtpd_relay.host}:{aiosmtpd_relay.port}"
    settings = {"REDIS_URL": redis_url, "RELAY_CA_FILE": aiosmtpd_relay.ca_file}

    with Installation(tmp_path, relay_url=relay_url, **settings) as running:
        answer = running.post(
            {"from": "billing@acme.test", "to": "ada@example.com", "text": "Thank you."},
            traceparent=CALLER.traceparent,
        )
        running.wait_for(answer.json()["id"])

    request = collector.span("pillarbox-api", "POST /v1/messages")
    transaction = collector.span("pillarbox-worker", "send default")
    batch = collector.span("pillarbox-worker", "process default")
    session = collector.span("pillarbox-worker", "connect default")
    traces = {each.trace_id.hex() for each in (request, session, transaction)}
    assert {TRACE_ID} == traces
    assert SPAN_ID == request.parent_span_id.hex()
    assert request.span_id == transaction.parent_span_id
    assert [request.span_id] == [link.span_id for link in batch.links]
    assert [batch.span_id] == [link.span_id for link in transaction.links]
    assert request.span_id == session.parent_span_id
    assert ["CONNECT", "GREETING", "EHLO", "STARTTLS", "TLS", "EHLO", "AUTH"] == [
        event.name for event in session.events
    ]
    assert session.end_time_unix_nano == transaction.start_time_unix_nano
    assert ["MAIL", "RCPT", "DATA", "END-OF-DATA"] == [event.name for event in transaction.events]
    moments = [event.time_unix_nano for event in transaction.events]
    assert sorted(moments) == moments
    assert moments[-1] <= transaction.end_time_unix_nano
    assert not any("example.com" in str(span) for _, span in collector.spans)
