"""What is known of a request before anything of it is read: who asks, under which id and trace."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import uuid_utils
from flask import g

from pillarbox.domain.errors import UnauthenticatedError
from pillarbox.domain.key import ApiKey
from pillarbox.domain.message import TraceContext
from pillarbox.flows.ports.tracing import RequestSpan

REQUEST_ID_HEADER = "X-Request-Id"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
"""W3C Trace Context 3.2.2."""
_TRACESTATE = re.compile(r"[\x20-\x7e\t]{1,512}")
"""W3C Trace Context 3.3.1.5: 512 characters are what everybody carries on."""
_NO_TRACE, _NO_PARENT = "0" * 32, "0" * 16


class HeaderFields(Protocol):
    """A request's header, by names in any case."""

    def get(self, key: str, /) -> str | None:
        """Return a field's value."""

    def getlist(self, key: str, /) -> list[str]:
        """Return the values of all fields of one name."""


@dataclass(slots=True)
class RequestContext:
    """What belongs to one request; `key` is set once the caller is known.

    `span` is None where nothing is traced. `said` is what the request's line of
    the log says beside what every one says.
    """

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    key: ApiKey | None = None
    span: RequestSpan | None = None
    said: Mapping[str, object] = field(default_factory=dict)


def choose_request_id(offered: str | None) -> str:
    """Return the caller's own id if it is a fit one, else a new one."""
    if offered is not None and _REQUEST_ID.fullmatch(offered):
        return offered
    return uuid_utils.uuid7().hex


def begin(offered_id: str | None) -> RequestContext:
    """Make this request's context, to be found by `current`."""
    context = RequestContext(choose_request_id(offered_id))
    g.pillarbox = context
    return context


def current() -> RequestContext:
    """Return this request's context; one that failed before it began gets a new one."""
    context = g.get("pillarbox")
    return context if isinstance(context, RequestContext) else begin(None)


def current_key() -> ApiKey:
    """Return the key that this request came with."""
    key = current().key
    if key is None:
        raise UnauthenticatedError
    return key


def current_trace(headers: HeaderFields) -> TraceContext | None:
    """Return what continues this request: its own span, else what its caller brought."""
    span = current().span
    return read_trace(headers) if span is None else span.context


def read_trace(headers: HeaderFields) -> TraceContext | None:
    """Return the caller's trace context; a malformed one is as good as none (3.2.3)."""
    traceparent = headers.get("traceparent")
    if traceparent is None:
        return None
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None:
        return None
    version, trace, parent, rest = match.groups()
    if version == "ff" or trace == _NO_TRACE or parent == _NO_PARENT or (version == "00" and rest):
        return None
    tracestate = ",".join(headers.getlist("tracestate"))
    return TraceContext(traceparent, tracestate if _TRACESTATE.fullmatch(tracestate) else "")
