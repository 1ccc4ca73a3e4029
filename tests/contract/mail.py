"""Messages to store, and what becomes of them."""

from datetime import timedelta

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.attempt import ConnectionFacts, Step
from pillarbox.domain.category import Category
from pillarbox.domain.ids import BatchId, KeyId
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import (
    AcceptedMessage,
    Attachment,
    ChosenRoute,
    Content,
    Recipient,
    RecipientKind,
    Route,
    TraceContext,
)
from pillarbox.domain.outcome import (
    Bounced,
    Deferred,
    Finding,
    FindingCode,
    Outcome,
    Sent,
    Uncertain,
)
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.retry import OnUncertain, RetrySchedule
from pillarbox.flows.ports.claims import Claim, ClaimedDelivery, DeliverySettlement
from pillarbox.flows.settle import Bookkeeper, Circumstances
from pillarbox.store.ids import new_message_id

ROUTE = Route("default", Lane.NORMAL)
KEY = KeyId("key_first000")
OTHER_KEY = KeyId("key_second00")
LIFETIME = timedelta(hours=48)

SENT = Sent(Reply(250, "queued as 4711", Verb.END_OF_DATA, "2.0.0"))
DEFERRED = Deferred(Reply(450, "try later", Verb.RCPT, "4.2.1"))
BOUNCED = Bounced(Reply(550, "no such user", Verb.RCPT, "5.1.1"))
LOST = Uncertain(Finding(FindingCode.REPLY_LOST, "the connection was lost"))

BOOKKEEPER = Bookkeeper(
    RetrySchedule(base=timedelta(seconds=60), cap=timedelta(hours=4)),
    lambda _cause: Category.OTHER,
    lambda: 0.5,
)


def message(
    *to: str,
    key: KeyId = KEY,
    route: Route = ROUTE,
    fallbacks: tuple[str, ...] = (),
    routes: tuple[ChosenRoute, ...] | None = None,
    sender: str = "billing@acme.test",
    tags: tuple[str, ...] = (),
    metadata: dict[str, str] | None = None,
    attachments: tuple[Attachment, ...] = (),
    text: str = "Thank you.",
    subject: str = "Receipt 42",
    lifetime: timedelta = LIFETIME,
    trace: TraceContext | None = None,
    on_uncertain: OnUncertain = OnUncertain.RETRY,
    send_in: timedelta | None = None,
    relay: str | None = None,
    batch_id: BatchId | None = None,
) -> AcceptedMessage:
    """Make a message that acceptance could have made, to `ada@example.com` if nobody is named."""
    message_id, created_at = new_message_id()
    mailboxes = tuple(Mailbox(_address(each)) for each in to or ("ada@example.com",))
    content = Content(
        message_id=message_id,
        internet_message_id=f"<{message_id}@acme.test>",
        date=created_at,
        sender=Mailbox(_address(sender), "Acme, Billing"),
        to=mailboxes,
        cc=(),
        reply_to=(),
        subject=subject,
        text=text,
        html=None,
        headers=(("X-Order", "42"), ("X-Order", "43")),
        attachments=attachments,
    )
    return AcceptedMessage(
        id=message_id,
        key_id=key,
        created_at=created_at,
        expires_at=created_at + lifetime,
        envelope_sender=_address(sender),
        recipients=tuple(
            Recipient(position, RecipientKind.TO, mailbox.address)
            for position, mailbox in enumerate(mailboxes)
        ),
        routes=routes or (ChosenRoute(route, fallbacks),) * len(mailboxes),
        content=content,
        tags=tags,
        metadata=metadata or {},
        size=4096,
        trace=trace,
        priority=route.lane,
        on_uncertain=on_uncertain,
        send_at=None if send_in is None else created_at + send_in,
        relay=relay,
        batch_id=batch_id,
    )


def settled(
    claim: Claim, delivery: ClaimedDelivery, *outcomes: Outcome, seconds: float = 1
) -> DeliverySettlement:
    """Settle a delivery with an outcome for each recipient (`sent` if none is named).

    The attempt ends `seconds` after the claim was made.
    """
    named = outcomes or (SENT,) * len(delivery.recipients)
    circumstances = Circumstances(
        relay="default",
        started_at=claim.claimed_at,
        ended_at=claim.claimed_at + timedelta(seconds=seconds),
        steps=(
            Step(Verb.MAIL, Reply(250, "ok", Verb.MAIL, "2.1.0"), 0.5),
            Step(Verb.RCPT, None, 1.5, delivery.recipients[0]),
        ),
        connection=ConnectionFacts("smtp.example.net:587", "TLSv1.3", "AES_256", reused=False),
    )
    return BOOKKEEPER.attempted(delivery, named, circumstances)


def all_settled(claim: Claim, *outcomes: Outcome) -> list[DeliverySettlement]:
    """Settle everything that a claim holds in the same way."""
    return [settled(claim, delivery, *outcomes) for delivery in claim.deliveries]


def _address(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(local, domain.encode("idna").decode(), text)
