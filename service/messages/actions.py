"""What callers do to their messages: cancel, retry."""

from flask import Response, request
from marshmallow import ValidationError

from pillarbox.domain.address import Address
from pillarbox.domain.key import Scope
from service.auth import needs
from service.body import MAX_ACTION_OCTETS, read_optional_json, refuse_body
from service.faults import Faults
from service.messages import documentation as doc
from service.messages.filters import refuse_unknown_parameters
from service.messages.rendering import render_message
from service.messages.schemas import RETRY
from service.openapi import Blueprint
from service.request_context import current_key
from service.services import Services
from service.validation import SENTENCES, note

JSON = "application/json"


def add_actions(blueprint: Blueprint, services: Services) -> None:
    """Add the routes under `/v1/messages/{id}` that change something."""

    @blueprint.route("/<message_id>/cancel", methods=["POST"])
    @doc.CANCEL
    @needs(Scope.SEND)
    def cancel(message_id: str) -> Response:
        """Try nothing more for whoever is `queued`, `deferred` or held `uncertain`.

        Who is being sent at this moment is not cancelled.
        """
        faults = Faults()
        refuse_unknown_parameters(request.args, faults)
        refuse_body(request, faults)
        faults.raise_if_any()
        view = services.reviser.cancel(message_id, current_key())
        return Response(render_message(view), content_type=JSON)

    @blueprint.route("/<message_id>/retry", methods=["POST"])
    @doc.RETRY
    @needs(Scope.SEND)
    def retry(message_id: str) -> Response:
        """Try again now whoever is `deferred` or held `uncertain`, or those that are named.

        Who is `bounced`, `expired` or `cancelled` must be named; who is `sent` never is tried
        again. After the end of the message's lifetime a new one begins.
        """
        faults = Faults()
        refuse_unknown_parameters(request.args, faults)
        named = _read_recipients(faults)
        faults.raise_if_any()
        view = services.reviser.retry(message_id, current_key(), named)
        return Response(render_message(view), content_type=JSON)


def _read_recipients(faults: Faults) -> list[Address]:
    document = read_optional_json(request, MAX_ACTION_OCTETS, faults)
    if document is None:
        return []
    if not isinstance(document, dict):
        faults.in_body((), "type.object", SENTENCES["type.object"])
        return []
    try:
        members = RETRY.load(document)
    except ValidationError as error:
        note(error.messages, (), faults)
        return []
    return [mailbox.address for mailbox in members.get("recipients", ())]
