"""A message from the request to the wire, in values.

`Submission` is what a caller asked for, checked. `Content` is what acceptance
makes of it: all that the RFC 5322 bytes depend on, fixed once and for all, so
that building them twice gives the same bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.ids import BatchId, KeyId, MessageId
from pillarbox.domain.lane import Lane
from pillarbox.domain.retry import OnUncertain
from pillarbox.domain.schedule import NO_WISH, Wish


class RecipientKind(StrEnum):
    """Which field of the request named a recipient."""

    TO = "to"
    CC = "cc"
    BCC = "bcc"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with the message; with `content_id` it is inline (RFC 2392)."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None
    _sha256: bytes | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def sha256(self) -> bytes:
        """The content's SHA-256, counted once: a batch may share a file among a thousand."""
        if self._sha256 is None:
            object.__setattr__(self, "_sha256", hashlib.sha256(self.content).digest())
        return self._sha256 or b""


@dataclass(frozen=True, slots=True)
class Submission:
    """A send request whose every field has been checked.

    `headers` are the caller's own, in order, a repeated name repeated;
    `metadata` is the caller's, string to string. `return_path` is the envelope
    sender when it is not the From address. `message_id` is a Message-ID that
    the caller brought, with its angle brackets. `relay` is the one that the
    caller wants, None for what the routes say.
    """

    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    return_path: Address | None = None
    message_id: str | None = None
    relay: str | None = None
    priority: Lane = Lane.NORMAL
    on_uncertain: OnUncertain = OnUncertain.RETRY
    wish: Wish = NO_WISH

    @property
    def envelope_sender(self) -> Address:
        """What MAIL FROM carries (RFC 5321 3.3)."""
        return self.return_path or self.sender.address

    def recipients(self) -> tuple[tuple[RecipientKind, Mailbox], ...]:
        """Return every recipient once, in the order and kind of its first mention."""
        named = [(RecipientKind.TO, box) for box in self.to]
        named += [(RecipientKind.CC, box) for box in self.cc]
        named += [(RecipientKind.BCC, box) for box in self.bcc]
        first: dict[Address, tuple[RecipientKind, Mailbox]] = {}
        for kind, box in named:
            first.setdefault(box.address, (kind, box))
        return tuple(first.values())


@dataclass(frozen=True, slots=True)
class Content:
    """All that the bytes of a message are made from; Bcc is not in it.

    `date` and `internet_message_id` were fixed at acceptance; MIME boundaries
    are derived from `message_id`, so the bytes never change.
    """

    message_id: MessageId
    internet_message_id: str
    date: datetime
    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    subject: str
    text: str | None
    html: str | None
    headers: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]

    @property
    def own_length(self) -> int:
        """About how many characters are this message's alone: all but what attachments hold."""
        boxes = (*self.to, *self.cc, *self.reply_to)
        return (
            len(self.text or "")
            + len(self.html or "")
            + sum(len(name) + len(value) for name, value in self.headers)
            + sum(len(box.name) + len(box.address.wire) for box in boxes)
            + sum(len(each.filename) for each in self.attachments)
        )


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of the envelope, at its place in the message (from 0)."""

    position: int
    kind: RecipientKind
    address: Address


@dataclass(frozen=True, slots=True)
class Route:
    """Where a recipient's mail goes: the relay's name, and the lane it waits in."""

    relay: str
    lane: Lane


@dataclass(frozen=True, slots=True)
class ChosenRoute:
    """A recipient's route, and the relays that may carry its mail instead, the best first."""

    route: Route
    fallbacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceContext:
    """The caller's W3C trace context, kept with the message and continued by its SMTP span."""

    traceparent: str
    tracestate: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """What acceptance commits: everything that is known of a message before its first attempt.

    `routes` runs parallel to `recipients`. `size` is an upper bound of the built
    message in octets; `expires_at` ends its lifetime. `send_at` is None for at
    once, `relay` for what the routes said, `batch_id` for a message alone.
    """

    id: MessageId
    key_id: KeyId
    created_at: datetime
    expires_at: datetime
    envelope_sender: Address
    recipients: tuple[Recipient, ...]
    routes: tuple[ChosenRoute, ...]
    content: Content
    tags: tuple[str, ...]
    metadata: Mapping[str, str]
    size: int
    trace: TraceContext | None = None
    priority: Lane = Lane.NORMAL
    on_uncertain: OnUncertain = OnUncertain.RETRY
    send_at: datetime | None = None
    relay: str | None = None
    batch_id: BatchId | None = None

    def parts(self) -> tuple[ChosenRoute, ...]:
        """Return each route once, in the order of their first recipients."""
        return tuple(dict.fromkeys(self.routes))
