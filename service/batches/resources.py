"""Batches over HTTP: many messages in one request, and cancelling them together."""

from typing import Final, NoReturn

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed

from pillarbox.domain.errors import BatchRefusedError, InvalidInputError
from pillarbox.domain.key import Scope
from pillarbox.domain.message import Submission
from pillarbox.flows.accept_batch import BatchItem
from service import problems
from service.auth import needs
from service.batches import documentation as doc
from service.batches.reading import BatchRequest, read_batch
from service.batches.rendering import WORDS, Refusals, render_batch, render_cancelled
from service.body import read_json, refuse_body
from service.failures import RefusedError
from service.faults import Faults
from service.idempotency import identify, read_idempotency_key
from service.messages.filters import refuse_unknown_parameters
from service.openapi import Blueprint
from service.request_context import current, current_key, current_trace
from service.services import Services

PREFIX = "/v1"
SEND_PATH = "/messages/batch"
JSON = "application/json"

_OTHER_METHODS: Final = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


def refuse_other_methods(app: Flask) -> None:
    """Answer 405 to what is no POST: `batch` is no message's id, though its path looks like one."""

    def refuse() -> NoReturn:
        raise MethodNotAllowed(valid_methods=["POST"])

    app.add_url_rule(PREFIX + SEND_PATH, "batches.refuse", refuse, methods=_OTHER_METHODS)


def make_blueprint(services: Services) -> Blueprint:
    """Make the routes of batches."""
    blueprint = Blueprint("batches", __name__, url_prefix=PREFIX, description="Batches.")

    @blueprint.route(SEND_PATH, methods=["POST"])
    @doc.SEND
    @needs(Scope.SEND)
    def send_batch() -> Response:
        """Send up to 1,000 messages in one transaction.

        Each stands alone, unless `atomic`; pointers address the whole request.
        """
        faults = Faults()
        refuse_unknown_parameters(request.args, faults)
        idempotency_key = read_idempotency_key(request.headers, faults)
        document = read_json(request, services.limits.max_request_bytes, faults)
        batch = read_batch(document, services.limits, faults, services.clock())
        refusals = Refusals(
            batch.pointers, public_url=services.public_url, request_id=current().request_id
        )
        try:
            answer = services.batch_acceptor(
                _items(batch, idempotency_key),
                key=current_key(),
                words=WORDS,
                atomic=batch.atomic,
                trace=current_trace(request.headers),
            )
        except BatchRefusedError as error:
            raise _refused(error, refusals) from error
        current().said = {
            "batch_id": answer.batch_id,
            "accepted": answer.accepted,
            "replayed": answer.replayed,
            "messages": len(answer.results),
        }
        response = Response(render_batch(answer, refusals), 202, content_type=JSON)
        if answer.replayed == answer.accepted:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    @blueprint.route("/batches/<batch_id>/cancel", methods=["POST"])
    @doc.CANCEL
    @needs(Scope.SEND)
    def cancel_batch(batch_id: str) -> Response:
        """Cancel every message of a batch, as far as it can be."""
        faults = Faults()
        refuse_unknown_parameters(request.args, faults)
        refuse_body(request, faults)
        faults.raise_if_any()
        cancelled = services.reviser.cancel_batch(batch_id, current_key())
        return Response(render_cancelled(cancelled), content_type=JSON)

    return blueprint


def _items(batch: BatchRequest, idempotency_key: str | None) -> list[BatchItem]:
    return [_item(each, idempotency_key, index) for index, each in enumerate(batch.submissions)]


def _item(each: Submission | InvalidInputError, key: str | None, index: int) -> BatchItem:
    if isinstance(each, InvalidInputError):
        return BatchItem(each)
    own_key = None if key is None else f"{key}#{index}"
    return BatchItem(each, identify(own_key, f"POST {PREFIX}{SEND_PATH}", each))


def _refused(error: BatchRefusedError, refusals: Refusals) -> RefusedError:
    return RefusedError(
        problems.BATCH_REFUSED,
        f"{len(error.refused)} of {error.count} messages were refused, and none was accepted",
        faults=refusals.all_faults(error.refused),
        members={
            "accepted": 0,
            "rejected": error.count,
            "results": [refusals.result(index, each) for index, each in error.refused.items()],
        },
    )
