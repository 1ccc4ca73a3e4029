"""Relays over HTTP: how they are, and the operator's orders."""

from flask import Response, request

from pillarbox.domain.key import Scope
from service.auth import needs
from service.body import refuse_body
from service.faults import Faults
from service.messages.filters import refuse_unknown_parameters
from service.openapi import WITH_KEY, Blueprint, answer, documented
from service.relays.answers import RelaySchema, RelaysSchema, render_relay, render_relays
from service.request_context import current_key
from service.services import Services

PATH = "/v1/relays"
JSON = "application/json"

_ORDERED = documented(
    answers={200: answer("The relay, under its new order.", RelaySchema)},
    problems=(*WITH_KEY, 404, 413, 415, 422),
)


def make_blueprint(services: Services) -> Blueprint:
    """Make the routes under `/v1/relays`."""
    blueprint = Blueprint("relays", __name__, url_prefix=PATH, description="Relays.")

    @blueprint.route("")
    @documented(answers={200: answer("Every relay.", RelaysSchema)}, problems=(*WITH_KEY, 422))
    @needs(Scope.MANAGE)
    def list_relays() -> Response:
        """Ask how the relays are."""
        _take_nothing()
        return Response(render_relays(services.relays.all(current_key())), content_type=JSON)

    @blueprint.route("/<name>/pause", methods=["POST"])
    @_ORDERED
    @needs(Scope.MANAGE)
    def pause(name: str) -> Response:
        """Let nothing more go by a relay, until it is resumed.

        Others of its routes carry its mail; what wants this relay waits.
        """
        _take_nothing()
        return Response(render_relay(services.relays.pause(name, current_key())), content_type=JSON)

    @blueprint.route("/<name>/resume", methods=["POST"])
    @_ORDERED
    @needs(Scope.MANAGE)
    def resume(name: str) -> Response:
        """Let mail go by a relay again; one that was parked or rests is tried at once."""
        _take_nothing()
        return Response(
            render_relay(services.relays.resume(name, current_key())), content_type=JSON
        )

    return blueprint


def _take_nothing() -> None:
    faults = Faults()
    refuse_unknown_parameters(request.args, faults)
    refuse_body(request, faults)
    faults.raise_if_any()
