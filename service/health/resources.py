"""Whether this process lives, is ready, and what it counts: for probes, without a key."""

from typing import Any

import orjson
from flask import Response

from service import problem_document, problems
from service.openapi import EVERYWHERE, Blueprint, answer, documented
from service.request_context import current
from service.services import Dependency, Services

_JSON = "application/json"
_DEPENDENCIES = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "status": {"enum": ["up", "down"]},
            "fatal": {"type": "boolean"},
            "error": {"type": ["string", "null"]},
        },
        "required": ["status", "fatal", "error"],
    },
}
_READY = {
    "type": "object",
    "properties": {"ready": {"const": True}, "dependencies": _DEPENDENCIES},
    "required": ["ready", "dependencies"],
}
_LIVE = {"type": "object", "properties": {"live": {"const": True}}, "required": ["live"]}


def make_blueprint(services: Services) -> Blueprint:
    """Make the routes of the probes."""
    blueprint = Blueprint("health", __name__, description="Probes, without a key.")

    @blueprint.route("/livez")
    @documented(answers={200: answer("It lives.", _LIVE)}, problems=EVERYWHERE, security=[])
    def livez() -> Response:
        """Whether the process answers; it asks nobody else."""
        return _uncached(Response(orjson.dumps({"live": True}), content_type=_JSON))

    @blueprint.route("/readyz")
    @documented(
        answers={200: answer("Ready; the broker may be down.", _READY)},
        problems=EVERYWHERE,
        security=[],
    )
    def readyz() -> Response:
        """Whether the store answers and is migrated; the broker being down is told, not fatal."""
        found = {name: _look(each) for name, each in services.dependencies.items()}
        missing = [name for name, each in found.items() if each["fatal"] and each["error"]]
        if not missing:
            body = orjson.dumps({"ready": True, "dependencies": found})
            return _uncached(Response(body, content_type=_JSON))
        body = problem_document.render(
            problems.NOT_READY,
            public_url=services.public_url,
            request_id=current().request_id,
            detail=f"not there: {', '.join(missing)}",
            members={"ready": False, "dependencies": found},
        )
        response = Response(body, 503, content_type=problem_document.MEDIA_TYPE)
        response.headers["Retry-After"] = str(problems.NOT_READY.retry_after)
        return _uncached(response)

    @blueprint.route("/metrics")
    @documented(
        answers={200: answer("Prometheus' text.", {"type": "string"}, media_type="text/plain")},
        problems=EVERYWHERE,
        security=[],
    )
    def metrics() -> Response:
        """Read what all processes have counted."""
        content, content_type = services.render_metrics()
        return _uncached(Response(content, content_type=content_type))

    return blueprint


def _look(dependency: Dependency) -> dict[str, Any]:
    """Ask one dependency; of what is wrong only the kind is told, since texts may hold secrets."""
    try:
        dependency.ping()
    except Exception as error:  # noqa: BLE001 - a ping raises whatever its client raises
        return {"status": "down", "fatal": dependency.fatal, "error": type(error).__name__}
    return {"status": "up", "fatal": dependency.fatal, "error": None}


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
