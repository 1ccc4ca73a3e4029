"""What a send request may say; what it means is in `mapping`."""

from pillarbox.domain.lane import Lane
from pillarbox.domain.retry import OnUncertain
from pillarbox.mime.fields import (
    content_id_faults,
    content_type_faults,
    filename_faults,
    subject_faults,
)
from service.messages.fields import (
    AttachmentsField,
    Base64Field,
    HeadersField,
    MetadataField,
    TagsField,
    body_text_rule,
)
from service.messages.mailboxes import AddressField, MailboxesField, MailboxField
from service.validation import StrictSchema, TextField, TimeField, WordField, any_text


class AttachmentSchema(StrictSchema):
    """A file that travels with the message."""

    filename = TextField(
        filename_faults,
        required=True,
        metadata={"description": "A name, not a path; any script.", "examples": ["r.pdf"]},
    )
    content_type = TextField(
        content_type_faults,
        metadata={
            "description": "`type/subtype`; default: by the file name's ending.",
            "examples": ["application/pdf"],
        },
    )
    content = Base64Field(
        required=True,
        metadata={"description": "Base64, standard alphabet, padded; line breaks are ignored."},
    )
    content_id = TextField(
        content_id_faults,
        metadata={
            "description": "Makes it inline: the html shows it as `cid:<content_id>`.",
            "examples": ["logo"],
        },
    )


class SubmissionSchema(StrictSchema):
    """A send request. A member that is `null` is absent; an unknown one is a fault."""

    sender = MailboxField(
        data_key="from",
        required=True,
        metadata={"description": "The From address; the key must list it among its senders."},
    )
    to = MailboxesField(metadata={"description": "One address or a list."})
    cc = MailboxesField(metadata={"description": "One address or a list."})
    bcc = MailboxesField(metadata={"description": "One address or a list; in no header."})
    reply_to = MailboxesField(metadata={"description": "One address or a list."})
    subject = TextField(
        subject_faults, metadata={"description": "At most 998 octets of UTF-8.", "maxLength": 998}
    )
    text = TextField(
        body_text_rule,
        metadata={"description": "The plain text; text, html or both. Empty beside html: absent."},
    )
    html = TextField(body_text_rule, metadata={"description": "The html. Empty: absent."})
    headers = HeadersField(
        metadata={
            "description": "Further header fields; a list repeats one. Those that other members"
            " write are refused; a Message-ID is taken."
        }
    )
    attachments = AttachmentsField(AttachmentSchema)
    tags = TagsField(metadata={"description": "Words to find the message by."})
    metadata = MetadataField(
        metadata={"description": "Your own notes, string to string, at most 4,096 octets in all."}
    )
    return_path = AddressField(
        metadata={"description": "The envelope sender; default is the From address."}
    )
    relay = TextField(
        any_text,
        metadata={
            "description": "The relay to go by, and no other; default: what the routes say.",
            "examples": ["ses-eu"],
        },
    )
    priority = WordField(Lane, metadata={"description": "The lane it waits in; default: `normal`."})
    send_at = TimeField(
        metadata={"description": "When it is first due; past: now. At most 400 days ahead."}
    )
    expires_at = TimeField(
        metadata={
            "description": "After this nothing more is tried; later than now and `send_at`. Its"
            " lifetime, counted from `send_at`, may end earlier."
        }
    )
    on_uncertain = WordField(
        OnUncertain,
        metadata={
            "description": "What follows if nobody knows whether the relay has it: `retry` (the"
            " default; it may arrive twice) or `hold` (it waits for you)."
        },
    )


SUBMISSION = SubmissionSchema()
"""Made once: an instance is read-only when it loads, and dear to make."""


class RetrySchema(StrictSchema):
    """Whom to try again."""

    recipients = MailboxesField(
        metadata={
            "description": "Of the message: only these. Who is `bounced`, `expired` or `cancelled`"
            " is tried again only if named."
        }
    )


RETRY = RetrySchema()
