"""What a request for many messages may say."""

from typing import Any, ClassVar

from marshmallow import Schema, fields

from service.messages.mailboxes import MailboxField
from service.messages.schemas import SubmissionSchema
from service.validation import StrictField, StrictSchema, complain, complain_of

MAX_MESSAGES = 1000


class BatchMessageSchema(SubmissionSchema):
    """A message of a batch: as a send request, less what `defaults` have for it."""

    sender = MailboxField(
        data_key="from",
        metadata={"description": "The From address; required here or in `defaults`."},
    )


class _Unread(fields.Nested):
    """An object that the document describes, and that is read elsewhere."""

    def _deserialize(self, value: object, *_: object, **_options: object) -> Any:  # noqa: ANN401 - as it came
        if not isinstance(value, dict):
            raise complain_of("type.object")
        return value


class _Messages(fields.List[Any]):
    """So many of them; each is read by itself."""

    def _deserialize(self, value: object, *_: object, **_options: object) -> list[Any]:
        if not isinstance(value, list):
            raise complain_of("type.array")
        if not 1 <= len(value) <= MAX_MESSAGES:
            raise complain([("messages.count", f"1 to {MAX_MESSAGES} messages")])
        return value


class _Boolean(StrictField):
    """True or false."""

    openapi: ClassVar[dict[str, Any]] = {"type": "boolean", "default": False}

    def _deserialize(self, value: object, *_: object, **_options: object) -> bool:
        if not isinstance(value, bool):
            raise complain_of("type.boolean")
        return value


class BatchSchema(StrictSchema):
    """Up to 1,000 messages, and what they have in common."""

    defaults = _Unread(
        BatchMessageSchema,
        metadata={
            "description": "Fill what a message leaves out; `headers` and `metadata` key by key."
        },
    )
    messages = _Messages(
        fields.Nested(BatchMessageSchema),
        required=True,
        error_messages={"required": "member.required"},
        metadata={
            "description": "Each stands alone, unless `atomic`.",
            "maxItems": MAX_MESSAGES,
            "minItems": 1,
        },
    )
    atomic = _Boolean(
        metadata={"description": "All or nothing: one that is refused has all refused."}
    )


BATCH = BatchSchema()
BATCH_MESSAGE = BatchMessageSchema()


class _Problem(StrictField):
    """A problem, as it would be answered for the message alone."""

    openapi: ClassVar[dict[str, Any]] = {"$ref": "#/components/schemas/Problem"}


class BatchResultSchema(Schema):
    """What became of one message: `id` and `status`, or `error`."""

    index = fields.Integer(required=True, metadata={"description": "In the request, from 0."})
    id = fields.String(metadata={"examples": ["msg_01k9tq7n0pe3ns9c7k2v5h6w8x"]})
    status = fields.String(metadata={"examples": ["queued"]})
    error = _Problem()


class BatchAcceptedSchema(Schema):
    """A batch of which something is committed to the store."""

    batch_id = fields.String(
        required=True, metadata={"examples": ["bat_01k9tq7n0pe3ns9c7k2v5h6w8x"]}
    )
    accepted = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    results = fields.List(fields.Nested(BatchResultSchema), required=True)


class BatchCancelledSchema(Schema):
    """What of a batch was cancelled now."""

    batch_id = fields.String(required=True)
    messages = fields.Integer(
        required=True, metadata={"description": "Of which something was cancelled."}
    )
    recipients = fields.Integer(required=True)
