"""The contract for people and programs, without a key; no page asks another host.

The document does not speak of these routes: they are not part of the contract
but show it.
"""

from collections.abc import Callable
from importlib import resources

import flask
import orjson
from flask import Response

from pillarbox.domain.errors import NotFoundError
from service import problem_index
from service.conditional import answer_conditionally
from service.docs.pages import contract_page, own_file, problem_page

_BUNDLED = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
_CONTENT_TYPES = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
    "start.js": "text/javascript; charset=utf-8",
    "problem.css": "text/css; charset=utf-8",
}
"""What the pages load; a table, so that a name in a URL is never a path."""

_HTML = "text/html; charset=utf-8"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
"""Inline styles, since Swagger UI's drawings carry them; no inline script."""


def make_blueprint(document: Callable[[], dict[str, object]]) -> flask.Blueprint:
    """Make the routes; `document` is called when it is first asked for, once."""
    blueprint = flask.Blueprint("docs", __name__)
    rendered: list[bytes] = []

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        if not rendered:
            rendered.append(orjson.dumps(document()))
        return _file(rendered[0], "application/json")

    @blueprint.get("/docs")
    def page() -> Response:
        return _file(contract_page(), _HTML)

    @blueprint.get("/docs/<name>")
    def asset(name: str) -> Response:
        content_type = _CONTENT_TYPES.get(name)
        if content_type is None:
            raise NotFoundError("page", name)
        return _file(_bundled(name) if name in _BUNDLED else own_file(name), content_type)

    @blueprint.get("/problems/<slug>")
    def problem(slug: str) -> Response:
        known = problem_index.BY_SLUG.get(slug)
        if known is None:
            raise NotFoundError("problem", slug)
        return _file(problem_page(known), _HTML)

    return blueprint


def _bundled(name: str) -> bytes:
    return (resources.files("flask_swagger_ui") / "dist" / name).read_bytes()


def _file(content: bytes, content_type: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    response.add_etag()
    return answer_conditionally(response)
