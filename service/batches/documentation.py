"""What the OpenAPI document says of each route of batches."""

from typing import Any

from service.batches.schemas import BatchAcceptedSchema, BatchCancelledSchema, BatchSchema
from service.messages.documentation import SENDING_HEADERS
from service.openapi import WITH_KEY, answer, documented

_EXAMPLE: dict[str, Any] = {
    "defaults": {"from": "Acme Billing <billing@acme.test>", "subject": "Your receipt"},
    "messages": [
        {"to": ["ada@example.com"], "text": "Thank you, Ada."},
        {"to": ["bob@example.com"], "text": "Thank you, Bob."},
    ],
}

SEND = documented(
    parameters=SENDING_HEADERS,
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": BatchSchema, "example": _EXAMPLE}},
    },
    answers={
        202: answer(
            "What became of each; something of it is committed to the store.",
            BatchAcceptedSchema,
            headers=("Idempotent-Replayed",),
        )
    },
    problems=(*WITH_KEY, 409, 413, 415, 422),
)

CANCEL = documented(
    parameters=SENDING_HEADERS[-1:],
    answers={200: answer("What was cancelled.", BatchCancelledSchema)},
    problems=(*WITH_KEY, 404, 409, 413, 415, 422),
)
