"""The shapes of what is answered, for the OpenAPI document; a test holds every answer to them."""

from enum import StrEnum

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from pillarbox.domain.attempt import AttemptOutcome
from pillarbox.domain.category import Category
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import RecipientKind
from pillarbox.domain.outcome import FindingCode
from pillarbox.domain.reply import Verb
from pillarbox.domain.retry import OnUncertain
from pillarbox.domain.status import MessageStatus, RecipientStatus

_GROWS = "May grow: take a value that you do not know as one more."


def _word(vocabulary: type[StrEnum], *, allow_none: bool = False) -> fields.String:
    values = [*vocabulary, None] if allow_none else [*vocabulary]
    return fields.String(
        required=True,
        allow_none=allow_none,
        validate=OneOf(values),
        metadata={"description": _GROWS},
    )


def _time(*, allow_none: bool = False) -> fields.DateTime:
    return fields.DateTime(required=True, allow_none=allow_none)


class ReplySchema(Schema):
    """What a server said, and the command that it answers."""

    code = fields.Integer(required=True, metadata={"examples": [550]})
    enhanced = fields.String(required=True, allow_none=True, metadata={"examples": ["5.1.1"]})
    text = fields.String(required=True, metadata={"examples": ["User unknown"]})
    command = _word(Verb)


class ReasonSchema(Schema):
    """What we found ourselves; never a server's reply."""

    code = _word(FindingCode)
    detail = fields.String(required=True)


class AcceptedRecipientSchema(Schema):
    """A recipient at acceptance."""

    email = fields.String(required=True)
    kind = _word(RecipientKind)
    status = _word(RecipientStatus)


class AcceptedSchema(Schema):
    """A message that is committed to the store: from now on it is not lost."""

    id = fields.String(required=True, metadata={"examples": ["msg_01k9tq7n0pe3ns9c7k2v5h6w8x"]})
    status = _word(MessageStatus)
    created_at = _time()
    internet_message_id = fields.String(required=True)
    recipients = fields.List(fields.Nested(AcceptedRecipientSchema), required=True)


class RecipientSchema(AcceptedRecipientSchema):
    """A recipient, and what became of it."""

    category = _word(Category, allow_none=True)
    reply = fields.Nested(ReplySchema, required=True, allow_none=True)
    reason = fields.Nested(ReasonSchema, required=True, allow_none=True)
    relay = fields.String(required=True, allow_none=True)
    host = fields.String(required=True, allow_none=True)
    attempts = fields.Integer(required=True)
    last_attempt_at = _time(allow_none=True)
    next_attempt_at = _time(allow_none=True)
    feedback = fields.Dict(
        required=True, allow_none=True, metadata={"description": "What comes after `sent`."}
    )


class MessageSchema(AcceptedSchema):
    """A message: everything but bodies."""

    recipients = fields.List(fields.Nested(RecipientSchema), required=True)
    send_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "`null`: at once."}
    )
    expires_at = fields.DateTime(required=True, metadata={"description": "When its lifetime ends."})
    sender = fields.String(required=True, data_key="from")
    return_path = fields.String(required=True)
    subject = fields.String(required=True)
    tags = fields.List(fields.String(), required=True)
    metadata = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    size = fields.Integer(
        required=True, metadata={"description": "Octets, encoded: an upper bound."}
    )
    priority = _word(Lane)
    on_uncertain = _word(OnUncertain)
    relay = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The one that the request named; `null`: what the routes say."},
    )
    batch_id = fields.String(
        required=True, allow_none=True, metadata={"examples": ["bat_01k9tq7n0pe3ns9c7k2v5h6w8x"]}
    )


class MessagesSchema(Schema):
    """A page of messages, newest first."""

    data = fields.List(fields.Nested(MessageSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class TlsSchema(Schema):
    """What protected the connection."""

    version = fields.String(required=True, metadata={"examples": ["TLSv1.3"]})
    cipher = fields.String(required=True, allow_none=True)


class StepSchema(Schema):
    """One command and the reply to it; `null` if none came."""

    command = _word(Verb)
    recipient = fields.String(required=True, allow_none=True)
    reply = fields.Nested(ReplySchema, required=True, allow_none=True)
    milliseconds = fields.Float(required=True)


class AttemptSchema(Schema):
    """One SMTP transaction of one message."""

    relay = fields.String(required=True)
    host = fields.String(required=True, allow_none=True)
    tls = fields.Nested(TlsSchema, required=True, allow_none=True)
    connection = fields.String(
        required=True,
        allow_none=True,
        validate=OneOf(["new", "reused", None]),
        metadata={"description": "`null` when the worker that knew it was lost."},
    )
    started_at = _time()
    milliseconds = fields.Float(required=True)
    outcome = _word(AttemptOutcome)
    steps = fields.List(fields.Nested(StepSchema), required=True)


class AttemptsSchema(Schema):
    """Every attempt of one message, oldest first."""

    data = fields.List(fields.Nested(AttemptSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
