from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Attachment, Content
from pillarbox.mime.bodies import base64_body
from pillarbox.mime.builder import build
from pillarbox.mime.size import base64_length, measured_size, size_bound

PLAIN = Content(
    message_id=MessageId("msg_01k5x9w9p7e6yvwn8m2e8rj1zt"),
    internet_message_id="<msg_01k5x9w9p7e6yvwn8m2e8rj1zt@acme.test>",
    date=datetime(2027, 1, 1, 9, 0, tzinfo=UTC),
    sender=Mailbox(Address("billing", "acme.test")),
    to=(),
    cc=(),
    reply_to=(),
    subject="Receipt 42",
    text=None,
    html=None,
    headers=(),
    attachments=(),
)


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "é0123456789" * 20_000},
        {"text": "é0123456789é0123456789é01234 \n" * 8_000},
        {"text": " \n" * 50_000},
        {"html": ".\n" * 50_000},
        {"html": "\n" * 50_000},
        {"text": "\r" * 50_000},
        {"text": "日" * 50_000},
        {"text": "\x00" * 50_000},
        {"subject": "ä" * 499, "headers": (("X-Note", "ä" * 499),) * 100},
        {"headers": (("X-Note", "漢" * 332),) * 100},
        {"headers": (("x", "a ä"),) * 1000},
        {"headers": (("x", "a " * 499),) * 100},
        {"to": (Mailbox(Address("a", "b"), '"' * 60),) * 100},
        {"cc": (Mailbox(Address("a", "b"), "ü" * 499),) * 100},
        {"cc": (Mailbox(Address("ü" * 32, "b.test"), "漢"),) * 100},
        {"attachments": (Attachment("ü" * 127, "a/b", b""),) * 50},
        {"attachments": (Attachment("漢" * 85, "a/b", b"", "x" * 255),) * 50},
        {"attachments": (Attachment("?" * 255, "a/b" + ";a=b" * 60, b""),) * 50},
        {"attachments": (Attachment("m", "Message/RFC822", b"\n" * 100_000),)},
        {"attachments": (Attachment("m", "message/rfc822", b"\xff" * 100_000),)},
    ],
)
def test_the_bound_holds_for_the_worst_of_everything(changes: dict[str, Any]) -> None:
    """Many of one thing, so that no allowance made for another hides what it takes."""
    content = replace(PLAIN, **changes)

    assert len(build(content)) <= size_bound(content)


@pytest.mark.parametrize("octets", [*range(130), 56 * 1024, 57 * 1024, 58 * 1024 + 1])
def test_the_length_of_base64_is_known_without_encoding(octets: int) -> None:
    assert sum(map(len, base64_body(bytes(octets)).pieces)) == base64_length(octets)


def test_only_what_may_be_too_large_is_built_to_be_measured() -> None:
    """The bound serves as the size while it is within the limit."""
    content = replace(PLAIN, text="x" * 10_000)
    bound, size = size_bound(content), len(build(content))

    assert bound == measured_size(content, limit=bound)
    assert size == measured_size(content, limit=bound - 1)
