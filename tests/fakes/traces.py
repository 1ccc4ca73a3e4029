"""A tracer whose spans stay in memory."""

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Sampler

from pillarbox.domain.message import TraceContext
from pillarbox.observe.spans import SpanTracer

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = TraceContext(f"00-{TRACE_ID}-{SPAN_ID}-01", "vendor=1")


class RecordedTraces:
    """A tracer, and what it drew."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self._spans = InMemorySpanExporter()
        provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.tracer = SpanTracer(provider)

    @property
    def spans(self) -> list[ReadableSpan]:
        """What has ended, in that order."""
        return list(self._spans.get_finished_spans())

    def only(self) -> ReadableSpan:
        """Return the one span there is."""
        [span] = self.spans
        return span


def parent_of(span: ReadableSpan) -> tuple[str, str] | None:
    """Return the trace and the span that this one continues, in hexadecimal."""
    if span.parent is None:
        return None
    return f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}"


def own_ids(span: ReadableSpan) -> tuple[str, str]:
    """Return the trace and the id of a span, in hexadecimal."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


def links_of(span: ReadableSpan) -> list[tuple[str, str]]:
    """Return the trace and the span of each link, in hexadecimal."""
    return [
        (f"{each.context.trace_id:032x}", f"{each.context.span_id:016x}") for each in span.links
    ]
