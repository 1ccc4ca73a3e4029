"""What the OpenAPI document says of each route of messages."""

from typing import Any

from pillarbox.domain.status import MessageStatus, RecipientStatus
from service.messages.answers import AcceptedSchema, AttemptsSchema, MessageSchema, MessagesSchema
from service.messages.schemas import RetrySchema, SubmissionSchema
from service.openapi import WITH_KEY, answer, documented
from service.pagination import DEFAULT_LIMIT, MAX_LIMIT


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "description": description, "schema": schema}


def _header(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "description": description, "schema": schema}


_STRING: dict[str, Any] = {"type": "string"}
_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
_LETTER = {
    "from": "Acme Billing <billing@acme.test>",
    "to": ["ada@example.com"],
    "subject": "Receipt 42",
    "text": "Thank you.",
}
"""What "Try it out" sends unchanged."""
_REQUEST_ID = _header("X-Request-Id", _STRING, "Echoed, if it is a fit one.")

SENDING_HEADERS = [
    _header(
        "Idempotency-Key",
        {"type": "string", "minLength": 1, "maxLength": 258},
        "1 to 256 visible ASCII characters, of this API key; a repeat of the same request is"
        " given the first one's answer again. Kept as long as the message.",
    ),
    _header(
        "Content-Encoding",
        {"type": "string", "enum": ["gzip", "identity"]},
        "Limits hold inflated.",
    ),
    _header("traceparent", _STRING, "W3C Trace Context; its SMTP span continues it."),
    _header("tracestate", _STRING, "The same."),
    _REQUEST_ID,
]
SEND = documented(
    parameters=SENDING_HEADERS,
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": SubmissionSchema, "example": _LETTER}},
    },
    answers={
        202: answer(
            "Committed to the store.", AcceptedSchema, headers=("Location", "Idempotent-Replayed")
        )
    },
    problems=(*WITH_KEY, 409, 413, 415, 422),
)

LIST = documented(
    parameters=[
        _parameter("status", {"type": "string", "enum": list(MessageStatus)}, "Of the message."),
        _parameter("recipient", _STRING, "The address of one of its recipients."),
        _parameter(
            "recipient_status", {"type": "string", "enum": list(RecipientStatus)}, "Of a recipient."
        ),
        _parameter("from", _STRING, "The address in From."),
        _parameter("batch", _STRING, "The batch that it came in."),
        _parameter("tag", {"type": "array", "items": _STRING}, "Repeated: all of them."),
        {
            **_parameter("metadata", {}, "`metadata[order]=42`; more than one: all of them."),
            "schema": {"type": "object", "additionalProperties": _STRING},
            "style": "deepObject",
            "explode": True,
        },
        _parameter("created_after", _TIME, "From this time on (RFC 3339)."),
        _parameter("created_before", _TIME, "Before this time (RFC 3339)."),
        _parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            "Messages a page.",
        ),
        _parameter("cursor", _STRING, "`next_cursor` of the page before, under the same filter."),
        _REQUEST_ID,
    ],
    answers={200: answer("A page, newest first.", MessagesSchema, headers=("Link",))},
    problems=(*WITH_KEY, 422),
)

GET = documented(
    parameters=[
        _header("If-None-Match", _STRING, "An ETag that the caller has."),
        _header("If-Match", _STRING, "An ETag that the caller expects."),
        _REQUEST_ID,
    ],
    answers={
        200: answer("The message.", MessageSchema, headers=("ETag",)),
        304: answer("As the caller has it.", headers=("ETag",)),
    },
    problems=(*WITH_KEY, 404, 412, 422),
)

ATTEMPTS = documented(
    parameters=[_REQUEST_ID],
    answers={200: answer("Every attempt, oldest first.", AttemptsSchema)},
    problems=(*WITH_KEY, 404, 422),
)

SOURCE = documented(
    parameters=[_REQUEST_ID],
    answers={200: answer("The message (RFC 5322).", _STRING, media_type="message/rfc822")},
    problems=(*WITH_KEY, 404, 410, 422),
)

CANCEL = documented(
    parameters=[_REQUEST_ID],
    answers={200: answer("The message, as it is now.", MessageSchema)},
    problems=(*WITH_KEY, 404, 409, 413, 415, 422),
)

RETRY = documented(
    parameters=[_REQUEST_ID],
    requestBody={
        "required": False,
        "content": {
            "application/json": {
                "schema": RetrySchema,
                "example": {"recipients": ["ada@example.com"]},
            }
        },
    },
    answers={200: answer("The message, as it is now.", MessageSchema)},
    problems=(*WITH_KEY, 404, 409, 413, 415, 422),
)
