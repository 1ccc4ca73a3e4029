"""`Content` as the JSON document that is kept, attachments by their SHA-256, and back.

It is octets and not text: JSON escapes U+0000, which text on PostgreSQL cannot
hold. Raises `ValueError` for a lone surrogate, which UTF-8 cannot.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Attachment, Content

_SPECIALS = frozenset('()<>[]:;@\\,."')
"""Of RFC 5322 3.2.3: a display name that holds one is quoted."""

VERSION = 1
"""Of the document's form; a later form reads the earlier ones."""


def write_json(value: object) -> bytes:
    """Write JSON; raises `ValueError` for text that is not Unicode."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from error


def write_document(content: Content) -> bytes:
    """Write the document of a message."""
    return write_json(
        {
            "version": VERSION,
            "internet_message_id": content.internet_message_id,
            "date": content.date,
            "sender": write_mailbox(content.sender),
            "to": [write_mailbox(each) for each in content.to],
            "cc": [write_mailbox(each) for each in content.cc],
            "reply_to": [write_mailbox(each) for each in content.reply_to],
            "subject": content.subject,
            "text": content.text,
            "html": content.html,
            "headers": content.headers,
            "attachments": [
                {
                    "filename": each.filename,
                    "content_type": each.content_type,
                    "content_id": each.content_id,
                    "sha256": each.sha256.hex(),
                }
                for each in content.attachments
            ],
        }
    )


def read_document(
    message_id: MessageId, document: Mapping[str, Any], blobs: Mapping[bytes, bytes]
) -> Content:
    """Make the content from its parsed document and the blobs that it names."""
    return Content(
        message_id=message_id,
        internet_message_id=document["internet_message_id"],
        date=datetime.fromisoformat(document["date"]),
        sender=read_mailbox(document["sender"]),
        to=tuple(map(read_mailbox, document["to"])),
        cc=tuple(map(read_mailbox, document["cc"])),
        reply_to=tuple(map(read_mailbox, document["reply_to"])),
        subject=document["subject"],
        text=document["text"],
        html=document["html"],
        headers=tuple((name, value) for name, value in document["headers"]),
        attachments=tuple(
            Attachment(
                filename=each["filename"],
                content_type=each["content_type"],
                content=blobs[bytes.fromhex(each["sha256"])],
                content_id=each["content_id"],
            )
            for each in document["attachments"]
        ),
    )


def blobs_of(content: Content) -> dict[bytes, bytes]:
    """Return what a message's attachments hold, by SHA-256."""
    return {each.sha256: each.content for each in content.attachments}


def blob_names(document: Mapping[str, Any]) -> Iterator[bytes]:
    """Return the SHA-256 of every attachment of a parsed document."""
    return (bytes.fromhex(each["sha256"]) for each in document["attachments"])


def write_mailbox(mailbox: Mailbox) -> dict[str, str]:
    """Write a mailbox as members of a document."""
    return {"name": mailbox.name, **write_address(mailbox.address)}


def read_mailbox(members: Mapping[str, str]) -> Mailbox:
    """Make a mailbox from its members."""
    return Mailbox(read_address(members), members["name"])


def mailbox_text(mailbox: Mailbox) -> str:
    """Write a mailbox as a person would: `Name <address>`, the name quoted where it must be."""
    if not mailbox.name:
        return str(mailbox.address)
    name = mailbox.name
    if not _SPECIALS.isdisjoint(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{mailbox.address}>"


def write_address(address: Address) -> dict[str, str]:
    """Write an address as members of a document."""
    return {"local": address.local, "domain": address.domain, "given": address.given}


def read_address(members: Mapping[str, str]) -> Address:
    """Make an address from its members."""
    return Address(members["local"], members["domain"], members["given"])


def address_of(wire: str, given: str = "") -> Address:
    """Make an address from the form that RCPT carries, and from what the caller wrote."""
    local, _, domain = wire.rpartition("@")
    return Address(local, domain, given)


def storable(text: str) -> str:
    """Replace U+0000, which text on PostgreSQL cannot hold, so that no peer's text stops us."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
