"""Erasures over HTTP: a person's address, and what was written to it, forgotten."""

from typing import Any

import orjson
from flask import Response, request
from marshmallow import Schema, ValidationError, fields

from pillarbox.domain.address import Address
from pillarbox.domain.key import Scope
from service.auth import needs
from service.body import MAX_ACTION_OCTETS, read_json
from service.faults import Faults
from service.messages.filters import refuse_unknown_parameters
from service.messages.mailboxes import AddressField
from service.openapi import WITH_KEY, Blueprint, answer, documented
from service.request_context import current_key
from service.services import Services
from service.validation import SENTENCES, StrictSchema, note

PATH = "/v1/erasures"
JSON = "application/json"


class ErasureRequestSchema(StrictSchema):
    """Whom to erase."""

    email = AddressField(required=True)


class ErasureSchema(Schema):
    """What was erased."""

    messages = fields.Integer(
        required=True, metadata={"description": "That the address was erased from."}
    )
    under_way = fields.Integer(
        required=True,
        metadata={"description": "That are being sent to it at this moment: ask again for these."},
    )


_REQUEST = ErasureRequestSchema()

_ERASE = documented(
    requestBody={
        "required": True,
        "content": {
            JSON: {"schema": ErasureRequestSchema, "example": {"email": "ada@example.com"}}
        },
    },
    answers={200: answer("What was erased.", ErasureSchema)},
    problems=(*WITH_KEY, 413, 415, 422),
)


def make_blueprint(services: Services) -> Blueprint:
    """Make the routes under `/v1/erasures`."""
    blueprint = Blueprint("erasures", __name__, url_prefix=PATH, description="Erasures.")

    @blueprint.route("", methods=["POST"])
    @_ERASE
    @needs(Scope.MANAGE)
    def erase() -> Response:
        """Erase the address of one recipient and the bodies of what was sent to it; counts stay.

        What waits to be sent to it is cancelled. A message that others still wait for keeps its
        body until they have ended. Where the address stood, `erased@erased.invalid` stands.
        """
        erased = services.eraser(_read_address(), current_key())
        document = {"messages": erased.messages, "under_way": erased.under_way}
        return Response(orjson.dumps(document), content_type=JSON)

    return blueprint


def _read_address() -> Address:
    faults = Faults()
    refuse_unknown_parameters(request.args, faults)
    document = read_json(request, MAX_ACTION_OCTETS, faults)
    members: dict[str, Any] = {}
    if isinstance(document, dict):
        try:
            members = _REQUEST.load(document)
        except ValidationError as error:
            note(error.messages, (), faults)
    else:
        faults.in_body((), "type.object", SENTENCES["type.object"])
    faults.raise_if_any()
    address: Address = members["email"]
    return address
