"""The OpenAPI document: problems, headers and the key, and how a route documents itself."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import flask_smorest
from flask import Flask
from marshmallow import Schema, fields

from service import problem_document, problem_index
from service.messages.mailboxes import MAILBOX_COMPONENT
from service.problems import Problem
from service.services import Services
from service.validation import StrictField

_View = TypeVar("_View", bound=Callable[..., Any])

SECURITY_SCHEME = "key"
EVERYWHERE = (400, 408, 414, 431, 500, 503)
"""What any route may answer."""
WITH_KEY = (*EVERYWHERE, 401, 403)
"""What any route that wants a key may answer."""

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The caller's own, if it matches `[A-Za-z0-9._-]{1,128}`; else a new one.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    },
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}},
    "Allow": {"description": "The methods that are.", "schema": {"type": "string"}},
    "Accept": {"description": "The media type that is taken.", "schema": {"type": "string"}},
    "Accept-Encoding": {"description": "The codings that are.", "schema": {"type": "string"}},
    "Location": {"description": "Of the message.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "The answer is the one to an earlier call with this Idempotency-Key.",
        "schema": {"type": "string", "const": "true"},
    },
    "ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}},
    "Link": {"description": "The next page (RFC 8288).", "schema": {"type": "string"}},
}

_PROBLEM_HEADERS: dict[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    409: ("Retry-After",),
    415: ("Accept", "Accept-Encoding"),
    500: ("Retry-After",),
    503: ("Retry-After",),
}

_FAULT: dict[str, Any] = {
    "type": "object",
    "description": "One fault: `pointer` into the body, or the `parameter` or `header` at fault.",
    "properties": {
        "pointer": {"type": "string", "examples": ["#/to/0/email"]},
        "parameter": {"type": "string"},
        "header": {"type": "string"},
        "code": {"type": "string", "examples": ["address.syntax"]},
        "detail": {"type": "string"},
    },
    "required": ["code", "detail"],
    "oneOf": [{"required": [place]} for place in ("pointer", "parameter", "header")],
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. Members may be added.",
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
    },
    "required": ["type", "title", "status", "detail", "request_id"],
}


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # flask-smorest has no types
    """A group of routes that stands in the OpenAPI document."""

    def route(self, rule: str, *, methods: Iterable[str] = ("GET",)) -> Callable[[_View], _View]:
        """Register a view, and what `documented` says of it."""
        decorate: Callable[[_View], _View] = super().route(rule, methods=list(methods))
        return decorate


class Api(flask_smorest.Api):  # type: ignore[misc] # flask-smorest has no types
    """flask-smorest with our own problems: it handles no error and documents none itself."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to `failures`."""

    def _register_responses(self) -> None:
        """Leave out one response for each status of HTTP: ours are made from the table."""

    def _register_pagination_header(self) -> None:
        """Leave out a header that no answer has: lists have cursors."""


def make_api(app: Flask, services: Services, version: str) -> Api:
    """Make the document with its components, ready for the routes to be registered."""
    app.config |= {
        "API_TITLE": "Pillarbox",
        "API_VERSION": version,
        "OPENAPI_VERSION": "3.1.0",
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "Send mail through an SMTP relay, and know what became of every"
                " recipient. Enumerations and answers may grow; requests may not: an unknown"
                " member or query parameter is a fault.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": services.public_url}],
            "security": [{SECURITY_SCHEME: []}],
        },
    }
    api = Api(app)
    api.ma_plugin.converter.add_attribute_function(_own_json)
    components = api.spec.components
    components.security_scheme(
        SECURITY_SCHEME,
        {"type": "http", "scheme": "bearer", "bearerFormat": "pb_<id>_<secret>"},
    )
    components.schema("Mailbox", MAILBOX_COMPONENT)
    components.schema("Fault", _FAULT)
    components.schema("Problem", _PROBLEM)
    for name, header in HEADERS.items():
        components.header(name, header)
    for status, found in _by_status().items():
        components.response(f"Problem{status}", _problem_response(status, found))
    return api


def answer(
    description: str,
    schema: type[Schema] | Mapping[str, Any] | None = None,
    *,
    media_type: str = "application/json",
    headers: Iterable[str] = (),
) -> dict[str, Any]:
    """Describe one answer of a route."""
    described: dict[str, Any] = {
        "description": description,
        "headers": _header_references(headers),
    }
    if schema is not None:
        described["content"] = {media_type: {"schema": schema}}
    return described


def documented(
    *,
    answers: Mapping[int, dict[str, Any]],
    problems: Iterable[int],
    **operation: object,
) -> Callable[[_View], _View]:
    """Describe a route: its own answers, and the statuses of the problems it may answer with."""
    responses: dict[str, Any] = {str(status): each for status, each in answers.items()}
    responses |= {str(status): f"Problem{status}" for status in sorted(problems)}
    decorate: Callable[[_View], _View] = Blueprint.doc(responses=responses, **operation)
    return decorate


def _by_status() -> dict[int, list[Problem]]:
    grouped: dict[int, list[Problem]] = defaultdict(list)
    for problem in problem_index.BY_SLUG.values():
        grouped[problem.status.value].append(problem)
    return grouped


def _problem_response(status: int, found: Iterable[Problem]) -> dict[str, Any]:
    described = answer(
        "; ".join(f"`{problem.slug}`: {problem.title}" for problem in found),
        headers=_PROBLEM_HEADERS.get(status, ()),
    )
    described["content"] = {
        problem_document.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    return described


def _header_references(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def _own_json(_converter: object, field: fields.Field[Any], **_options: object) -> dict[str, Any]:
    return dict(field.openapi) if isinstance(field, StrictField) else {}
