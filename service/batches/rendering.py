"""The answers to batches, and what is remembered of each message."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from pillarbox.domain.errors import Fault, PillarboxError
from pillarbox.domain.ids import BatchId
from pillarbox.domain.message import AcceptedMessage
from pillarbox.domain.status import MessageStatus
from pillarbox.flows.accept_batch import BatchAnswer, BatchWords
from pillarbox.flows.revise import CancelledBatch
from service.batches.pointers import ItemPointers
from service.failures import explain
from service.faults import MAX_FAULTS
from service.problem_document import describe


def _render_item(message: AcceptedMessage) -> bytes:
    """Write what is remembered of a message under its Idempotency-Key."""
    return orjson.dumps(
        {
            "batch_id": message.batch_id,
            "id": message.id,
            "status": MessageStatus.SCHEDULED if message.send_at else MessageStatus.QUEUED,
        }
    )


def _batch_of(body: bytes) -> BatchId:
    return BatchId(orjson.loads(body)["batch_id"])


WORDS = BatchWords(_render_item, _batch_of)


class Refusals:
    """Writes what is wrong with messages, each as the problem that it would be alone."""

    def __init__(
        self, pointers: Sequence[ItemPointers], *, public_url: str, request_id: str
    ) -> None:
        self._pointers = pointers
        self._public_url = public_url
        self._request_id = request_id

    def result(self, index: int, error: PillarboxError) -> dict[str, Any]:
        """Write one as a member of `results`."""
        problem, detail, *_ = explain(error)
        told = describe(
            problem,
            public_url=self._public_url,
            request_id=self._request_id,
            detail=detail,
            faults=self._faults(index, error),
        )
        return {"index": index, "error": told}

    def all_faults(self, refused: Mapping[int, PillarboxError]) -> list[Fault]:
        """Return the faults of all, as many as one answer tells."""
        faults = [fault for index, each in refused.items() for fault in self._faults(index, each)]
        return faults[:MAX_FAULTS]

    def _faults(self, index: int, error: PillarboxError) -> list[Fault]:
        return [self._pointers[index].relocate(fault) for fault in explain(error).faults]


def render_batch(answer: BatchAnswer, refusals: Refusals) -> bytes:
    """Write the body of a 202."""
    results = [
        _accepted(index, each) if isinstance(each, bytes) else refusals.result(index, each)
        for index, each in enumerate(answer.results)
    ]
    return orjson.dumps(
        {
            "batch_id": answer.batch_id,
            "accepted": answer.accepted,
            "rejected": len(results) - answer.accepted,
            "results": results,
        }
    )


def _accepted(index: int, body: bytes) -> dict[str, Any]:
    said = orjson.loads(body)
    return {"index": index, "id": said["id"], "status": said["status"]}


def render_cancelled(cancelled: CancelledBatch) -> bytes:
    """Write what of a batch was cancelled."""
    return orjson.dumps(
        {
            "batch_id": cancelled.id,
            "messages": cancelled.messages,
            "recipients": cancelled.recipients,
        }
    )
