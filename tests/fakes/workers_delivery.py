"""Deliveries and parcels with nothing special about them."""

from datetime import UTC, datetime, timedelta

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import RecipientState
from pillarbox.domain.ids import MessageId
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.claims import ClaimedDelivery
from pillarbox.flows.ports.transport import Parcel

CREATED_AT = datetime(2027, 1, 1, 9, tzinfo=UTC)


def queued(position: int = 0) -> RecipientState:
    """Make a recipient before its first attempt."""
    return RecipientState(position, RecipientStatus.QUEUED, 0, 0, None, CREATED_AT)


def delivery(*locals_: str, place: int = 0) -> ClaimedDelivery:
    """Make a claimed delivery to these local parts at example.com (default: ada)."""
    names = locals_ or ("ada",)
    return ClaimedDelivery(
        message_id=MessageId(f"msg_{place:026}"),
        part=0,
        place=place,
        envelope_sender=Address("billing", "acme.test"),
        recipients=tuple(Address(name, "example.com") for name in names),
        states=tuple(queued(position) for position in range(len(names))),
        others_due_at=None,
        size=1000,
        created_at=CREATED_AT,
        expires_at=CREATED_AT + timedelta(hours=48),
        trace=None,
    )


def parcel(*locals_: str, place: int = 0) -> Parcel:
    """Make a parcel ready for the wire."""
    return Parcel(delivery(*locals_, place=place), b"Subject: hello\r\n\r\nhello\r\n")
