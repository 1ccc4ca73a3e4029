"""What is traced, in OpenTelemetry's words; imported only where the extra `otel` is there.

1. Names of attributes are those of the semantic conventions; what they have no
   word for begins with `pillarbox.`.
2. An attribute holds what an operator chose or what we decided: never an
   address, a body or a credential, hence no path or query of a request, no
   text of a reply and no text of an exception.
3. Nothing is set for the process at large: other libraries' spans are not ours.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points, version

from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pillarbox.domain.attempt import Attempt, AttemptOutcome
from pillarbox.domain.message import TraceContext
from pillarbox.flows.ports.claims import Claim, DeliverySettlement
from pillarbox.observe.span_attributes import (
    Attributes,
    of_server,
    of_step,
    of_transaction,
    replied_after,
)

CLOSE_SECONDS = 5.0
"""For the last spans at the end of a process."""

_W3C = TraceContextTextMapPropagator()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SERVER_ERROR = 500
_METHODS = {"other": "_OTHER"}
"""The conventions' word for a method that is none of HTTP's."""
_NOTHING_CURRENT = Context()


class SpanTracer:
    """A `Tracer` over OpenTelemetry's SDK."""

    draws = True

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("pillarbox", version("pillarbox"))

    def request(self, method: str, route: str | None, parent: TraceContext | None) -> "ServerSpan":
        """Begin the span of a request that continues its caller's."""
        attributes: Attributes = {"http.request.method": _METHODS.get(method, method)}
        if route is not None:
            attributes["http.route"] = route
        return ServerSpan(
            self._tracer.start_span(
                f"{method} {route}" if route is not None else method,
                _read(parent),
                kind=SpanKind.SERVER,
                attributes=attributes,
            )
        )

    @contextmanager
    def batch(self, claim: Claim) -> Iterator[None]:
        """Span what is done with a claim, linked to the traces of its messages."""
        contexts = {
            (context.trace_id, context.span_id): context
            for each in claim.deliveries
            if (context := _span_context(_read(each.trace))).is_valid
        }
        with self._tracer.start_as_current_span(
            f"process {claim.route.relay}",
            _NOTHING_CURRENT,
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "pillarbox",
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.destination.name": claim.route.relay,
                "messaging.batch.message_count": len(claim.deliveries),
                "pillarbox.claim.id": claim.id,
                "pillarbox.lane": claim.route.lane.value,
            },
            links=[Link(context) for context in contexts.values()],
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def attempted(self, settlement: DeliverySettlement) -> None:
        """Span the SMTP transaction that a delivery met: it continues the message's trace.

        Its times are the attempt's own, by the database's clock.
        """
        attempt = settlement.attempt
        if attempt is None:
            return
        batch = get_current_span().get_span_context()
        began = _nanoseconds(attempt.started_at)
        self._opened(settlement, attempt, began)
        span = self._tracer.start_span(
            f"send {attempt.relay}",
            _read(settlement.delivery.trace),
            kind=SpanKind.CLIENT,
            attributes=of_transaction(settlement, attempt),
            links=[Link(batch)] if batch.is_valid else None,
            start_time=began,
        )
        if span.is_recording():
            for step, milliseconds in zip(attempt.steps, replied_after(attempt), strict=True):
                moment = began + round(milliseconds * 1e6)
                span.add_event(step.command.value, of_step(step), moment)
            if attempt.outcome is not AttemptOutcome.SENT:
                span.set_status(Status(StatusCode.ERROR, attempt.outcome.value))
        span.end(began + round(attempt.milliseconds * 1e6))

    def _opened(self, settlement: DeliverySettlement, attempt: Attempt, ended: int) -> None:
        """Span the opening of a session, in the trace of the first message that it carried.

        It was opened before the message was claimed, so it is drawn as if it had
        ended when the transaction began: its lengths are right, its place nearly.
        """
        if attempt.connection is None or not attempt.connection.opening:
            return
        steps = attempt.connection.opening
        moment = ended - round(sum(step.milliseconds for step in steps) * 1e6)
        span = self._tracer.start_span(
            f"connect {attempt.relay}",
            _read(settlement.delivery.trace),
            kind=SpanKind.CLIENT,
            attributes=of_server(attempt.connection),
            start_time=moment,
        )
        for step in steps:
            moment += round(step.milliseconds * 1e6)
            told = {"pillarbox.milliseconds": step.milliseconds}
            span.add_event(step.stage.upper(), told, min(moment, ended))
        span.end(ended)

    def close(self) -> None:
        """Hand over what is still held; a process does not wait long for a collector that hangs."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)


class ServerSpan:
    """A request on its way: a `RequestSpan`."""

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def context(self) -> TraceContext:
        """What continues this span, whether or not it is sampled."""
        written: dict[str, str] = {}
        _W3C.inject(written, set_span_in_context(self._span, _NOTHING_CURRENT))
        return TraceContext(written["traceparent"], written.get("tracestate", ""))

    def end(self, status: int) -> None:
        """Note the answer's status; one that blames the caller is no error of ours."""
        self._span.set_attribute("http.response.status_code", status)
        if status >= _SERVER_ERROR:
            self._span.set_attribute("error.type", str(status))
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def make_provider(service_name: str, exporters: Sequence[str]) -> TracerProvider:
    """Make the SDK's provider; sampler, limits and batches are as `OTEL_*` says.

    Raises `LookupError` for an exporter that is not installed, and what the
    exporters themselves raise for variables that they cannot use.
    """
    processors = [BatchSpanProcessor(_exporter(name)()) for name in exporters]
    own = {"service.name": service_name, "service.version": version("pillarbox")}
    resource = Resource.create(own).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    for processor in processors:
        provider.add_span_processor(processor)
    return provider


def _exporter(name: str) -> Callable[[], SpanExporter]:
    """Load an exporter by the name that its package gives it."""
    registered = _otlp_name() if name == "otlp" else name
    found = entry_points(group="opentelemetry_traces_exporter", name=registered)
    if not found:
        raise LookupError(f"no exporter {registered!r} is installed")
    make: Callable[[], SpanExporter] = next(iter(found)).load()
    return make


def _otlp_name() -> str:
    protocol = (
        os.environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
        or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        or "http/protobuf"
    )
    return f"otlp_proto_{protocol.strip().partition('/')[0]}"


def _read(trace: TraceContext | None) -> Context:
    """Return the context that a stored or received one means; nothing current, if malformed."""
    if trace is None:
        return _NOTHING_CURRENT
    carrier = {"traceparent": trace.traceparent, "tracestate": trace.tracestate}
    return _W3C.extract(carrier, _NOTHING_CURRENT)


def _span_context(context: Context) -> SpanContext:
    return get_current_span(context).get_span_context()


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1000
