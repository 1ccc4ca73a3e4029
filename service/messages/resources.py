"""Messages over HTTP: each resource reads its request, calls one flow and renders the answer."""

import hashlib

from flask import Response, request

from pillarbox.domain.key import Scope
from service.auth import needs
from service.body import read_json
from service.conditional import answer_conditionally
from service.faults import Faults
from service.idempotency import identify, read_idempotency_key
from service.messages import documentation as doc
from service.messages.actions import add_actions
from service.messages.committed_response import CommittedResponse, path_under
from service.messages.filters import read_messages_query, refuse_unknown_parameters
from service.messages.log_fields import log_fields
from service.messages.mapping import read_submission
from service.messages.rendering import (
    render_accepted,
    render_attempts,
    render_message,
    render_messages,
)
from service.openapi import Blueprint
from service.pagination import CURSOR_PARAMETER, LIMIT_PARAMETER, encode_cursor, next_link
from service.request_context import current, current_key, current_trace
from service.services import Services

PATH = "/v1/messages"
JSON = "application/json"


def make_blueprint(services: Services) -> Blueprint:
    """Make the routes under `/v1/messages`."""
    path = path_under(services.public_url, PATH)
    blueprint = Blueprint("messages", __name__, url_prefix=PATH, description="Messages.")

    @blueprint.route("", methods=["POST"])
    @doc.SEND
    @needs(Scope.SEND)
    def send() -> Response:
        """Send a message.

        202 means committed to the store: from then on the message is not lost.
        """
        faults = Faults()
        refuse_unknown_parameters(request.args, faults)
        idempotency_key = read_idempotency_key(request.headers, faults)
        document = read_json(request, services.limits.max_request_bytes, faults)
        submission = read_submission(document, services.limits, faults, services.clock())
        answer = services.acceptor(
            submission,
            key=current_key(),
            render=render_accepted,
            idempotency=identify(idempotency_key, f"POST {PATH}", submission),
            trace=current_trace(request.headers),
        )
        current().said = log_fields(answer)
        return CommittedResponse(answer, path)

    @blueprint.route("")
    @doc.LIST
    @needs(Scope.READ)
    def list_messages() -> Response:
        """List messages, newest first."""
        faults = Faults()
        query = read_messages_query(request.args, faults)
        faults.raise_if_any()
        # One more than asked for tells whether there is a next page.
        views = services.reading.messages(
            query.wanted, current_key(), limit=query.limit + 1, before=query.before
        )
        page = views[: query.limit]
        cursor = encode_cursor(page[-1].id, query.chosen) if len(views) > query.limit else None
        response = Response(render_messages(page, cursor), content_type=JSON)
        if cursor is not None:
            parameters = [*query.chosen.parameters, (LIMIT_PARAMETER, str(query.limit))]
            response.headers["Link"] = next_link(path, [*parameters, (CURSOR_PARAMETER, cursor)])
        return response

    @blueprint.route("/<message_id>")
    @doc.GET
    @needs(Scope.READ)
    def get_message(message_id: str) -> Response:
        """Ask what became of a message."""
        _take_no_parameters()
        body = render_message(services.reading.message(message_id, current_key()))
        response = Response(body, content_type=JSON)
        response.set_etag(hashlib.sha256(body).hexdigest()[:32])
        return answer_conditionally(response)

    @blueprint.route("/<message_id>/attempts")
    @doc.ATTEMPTS
    @needs(Scope.READ)
    def list_attempts(message_id: str) -> Response:
        """List the attempts of a message, oldest first."""
        _take_no_parameters()
        attempts = services.reading.attempts(message_id, current_key())
        return Response(render_attempts(attempts), content_type=JSON)

    @blueprint.route("/<message_id>/source")
    @doc.SOURCE
    @needs(Scope.CONTENT)
    def get_source(message_id: str) -> Response:
        """Read the bytes that go on the wire."""
        _take_no_parameters()
        source = services.reading.source(message_id, current_key())
        return Response(source, content_type="message/rfc822")

    add_actions(blueprint, services)
    return blueprint


def _take_no_parameters() -> None:
    faults = Faults()
    refuse_unknown_parameters(request.args, faults)
    faults.raise_if_any()
