"""Whether anything is traced: the extra `otel` is there, and OpenTelemetry's own variables ask.

Unasked, nothing of OpenTelemetry is imported. What is wrong with tracing is
said once, and mail goes on without it.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import structlog

from pillarbox.domain.message import TraceContext
from pillarbox.flows.ports.claims import Claim, DeliverySettlement
from pillarbox.flows.ports.tracing import Tracer

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

log = structlog.stdlib.get_logger(__name__)


class Untraced:
    """A `Tracer` that draws nothing."""

    draws = False

    def request(self, _method: str, _route: str | None, _parent: TraceContext | None) -> None:
        """Begin nothing."""

    def batch(self, _claim: Claim) -> AbstractContextManager[None]:
        """Span nothing."""
        return nullcontext()

    def attempted(self, _settlement: DeliverySettlement) -> None:
        """Span nothing."""

    def close(self) -> None:
        """Hold nothing."""


def make_tracer(service_name: str) -> Tracer:
    """Make this process's tracer, after its last fork: it has a thread of its own.

    `service_name` holds unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` says another.
    """
    names = exporter_names(os.environ)
    if not names:
        return Untraced()
    try:
        from pillarbox.observe.spans import SpanTracer, make_provider  # noqa: PLC0415 - an extra
    except ImportError:
        log.warning("tracing_off", reason="the extra `otel` is not installed")
        return Untraced()
    try:
        provider = make_provider(service_name, names)
    except (ImportError, LookupError, OSError, ValueError) as error:
        log.warning("tracing_off", reason=str(error))
        return Untraced()
    return SpanTracer(provider)


def exporter_names(environment: Mapping[str, str]) -> list[str]:
    """Name the exporters that the variables ask for, none of them if tracing is off.

    An empty variable is as good as none (OpenTelemetry specification,
    "Environment Variable Specification").
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    listed = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    if not listed:
        return ["otlp"] if any(environment.get(name, "").strip() for name in _ENDPOINTS) else []
    return [name for each in listed.split(",") if (name := each.strip()) not in {"", "none"}]
