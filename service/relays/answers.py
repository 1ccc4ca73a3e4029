"""The shapes of what is answered of relays, and how it is written."""

from collections.abc import Iterable
from typing import Any

import orjson
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from pillarbox.domain.relay import TlsPolicy
from pillarbox.domain.relay_state import Breaker
from pillarbox.flows.relays import RelayView
from service.messages.rendering import render_time

_UNKNOWN = "unknown"
_STATES = ("paused", *(each.word for each in Breaker), _UNKNOWN)


class ConnectionsSchema(Schema):
    """Of all workers together."""

    in_use = fields.Integer(required=True)
    idle = fields.Integer(required=True)
    allowed = fields.Integer(
        required=True,
        metadata={"description": "What the workers allow themselves, before the budget of all."},
    )
    max = fields.Integer(required=True, metadata={"description": "As it is configured."})


class RelayErrorSchema(Schema):
    """What went wrong last, though it may be over."""

    reason = fields.String(required=True, metadata={"examples": ["auth: refused"]})
    detail = fields.String(required=True)
    at = fields.DateTime(required=True)


class RelaySchema(Schema):
    """A relay, and how it is."""

    name = fields.String(required=True, metadata={"examples": ["ses-eu"]})
    host = fields.String(required=True, metadata={"examples": ["smtp.example.net:587"]})
    tls = fields.String(required=True, validate=OneOf([*TlsPolicy]))
    priority = fields.Integer(required=True)
    weight = fields.Integer(required=True)
    rate = fields.Float(required=True, allow_none=True, metadata={"description": "A second."})
    state = fields.String(
        required=True,
        validate=OneOf(_STATES),
        metadata={
            "description": "`paused` by an order; else the worst breaker of a worker: `closed`"
            " (it works), `half_open`, `open`, `parked` (our credentials are refused);"
            " `unknown` while no worker can be heard. May grow."
        },
    )
    workers = fields.Integer(required=True, metadata={"description": "Processes that said so."})
    ordered_at = fields.DateTime(required=True, allow_none=True)
    connections = fields.Nested(ConnectionsSchema, required=True)
    last_error = fields.Nested(RelayErrorSchema, required=True, allow_none=True)


class RelaysSchema(Schema):
    """All of them."""

    data = fields.List(fields.Nested(RelaySchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


def render_relay(view: RelayView) -> bytes:
    """Write one relay."""
    return orjson.dumps(_relay(view))


def render_relays(views: Iterable[RelayView]) -> bytes:
    """Write all relays: there is no next page."""
    return orjson.dumps({"data": [_relay(view) for view in views], "next_cursor": None})


def _relay(view: RelayView) -> dict[str, Any]:
    relay, order, state = view.relay, view.order, view.state
    error = state.last_error if state else None
    return {
        "name": relay.name,
        "host": f"{relay.host}:{relay.port}",
        "tls": relay.tls,
        "priority": relay.priority,
        "weight": relay.weight,
        "rate": relay.rate,
        "state": _state(view),
        "workers": view.workers,
        "ordered_at": render_time(order.ordered_at) if order else None,
        "connections": {
            "in_use": state.in_use if state else 0,
            "idle": state.idle if state else 0,
            "allowed": min(state.concurrency, relay.max_connections) if state else 0,
            "max": relay.max_connections,
        },
        "last_error": error
        and {"reason": error.reason, "detail": error.detail, "at": render_time(error.at)},
    }


def _state(view: RelayView) -> str:
    if view.order is not None and view.order.paused:
        return "paused"
    return view.state.breaker.word if view.state else _UNKNOWN
