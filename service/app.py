"""The Flask application: what every request passes, and the resources."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Request, Response, request

from pillarbox.flows.ports.tracing import Tracer
from service import auth, failures
from service.answered import Answered
from service.batches import resources as batches
from service.body import leave_room
from service.default_headers import add_default_headers
from service.docs import resources as docs
from service.erasures import resources as erasures
from service.health import resources as health
from service.messages import resources as messages
from service.openapi import make_api
from service.relays import resources as relays
from service.request_context import (
    REQUEST_ID_HEADER,
    begin,
    choose_request_id,
    current,
    read_trace,
)
from service.services import RequestObserver, Services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Application(Flask):
    """Flask, with the headers of every answer added where they are but a list."""

    def wsgi_app(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:  # noqa: ANN401 - WSGI's own
            request_id = environ.get(REQUEST_ID_HEADER) or choose_request_id(None)
            add_default_headers(headers, request_id)
            return start_response(status, headers, *error)

        answer: Iterable[bytes] = super().wsgi_app(environ, start)
        return answer


def create_app(services: Services) -> Flask:
    """Make the application over what it needs; it opens and asks nothing by itself."""
    app = Application(__name__, static_folder=None, template_folder=None)
    # OPTIONS is a method like any other, and no route has it.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # A doubled slash is another path: a redirect would answer without a key.
    app.url_map.merge_slashes = False
    app.extensions["pillarbox"] = services
    _begin_and_end_requests(app, services.observe_request, services.tracer)
    auth.register(app, services.keyring)
    failures.register(app, services.public_url)
    api = make_api(app, services, version("pillarbox"))
    api.register_blueprint(messages.make_blueprint(services))
    api.register_blueprint(batches.make_blueprint(services))
    batches.refuse_other_methods(app)
    api.register_blueprint(relays.make_blueprint(services))
    api.register_blueprint(erasures.make_blueprint(services))
    api.register_blueprint(health.make_blueprint(services))
    app.register_blueprint(docs.make_blueprint(api.spec.to_dict))
    return app


def _begin_and_end_requests(app: Flask, observe: RequestObserver, tracer: Tracer) -> None:
    answered = Answered(observe)

    def begin_request() -> None:
        asked = _current_request()
        context = begin(asked.headers.get(REQUEST_ID_HEADER))
        asked.environ[REQUEST_ID_HEADER] = context.request_id
        structlog.contextvars.bind_contextvars(request_id=context.request_id)
        if asked.endpoint not in auth.PUBLIC_ENDPOINTS:  # probes come every second
            context.span = tracer.request(_method(asked), _route(asked), read_trace(asked.headers))

    def finish(response: Response) -> Response:
        asked, context = _current_request(), current()
        asked.environ[REQUEST_ID_HEADER] = context.request_id
        answered(
            context,
            method=_method(asked),
            route=_route(asked) or "unknown",
            status=response.status_code,
            quiet=asked.endpoint in auth.PUBLIC_ENDPOINTS,
        )
        return response

    def forget(_error: BaseException | None) -> None:
        leave_room(_current_request())
        structlog.contextvars.clear_contextvars()

    app.before_request(begin_request)
    app.after_request(finish)
    app.teardown_request(forget)


def _current_request() -> Request:
    """Return the request itself: each look through Flask's proxy costs as much as the look."""
    asked: Request = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 - werkzeug's documented way to it
    return asked


def _method(asked: Request) -> str:
    return asked.method if asked.method in _METHODS else "other"


def _route(asked: Request) -> str | None:
    return asked.url_rule.rule if asked.url_rule is not None else None
