from datetime import timedelta

from pillarbox.domain.address import Address
from pillarbox.domain.ids import KeyId, MessageId
from pillarbox.domain.message import AcceptedMessage, ChosenRoute, Recipient, RecipientKind
from tests.fakes.deliveries import NOW, ROUTE, content


def accepted_message(message_id: MessageId, *, size: int = 1000) -> AcceptedMessage:
    """Make the least message that can be committed."""
    return AcceptedMessage(
        id=message_id,
        key_id=KeyId("key_1"),
        created_at=NOW,
        expires_at=NOW + timedelta(hours=48),
        envelope_sender=Address("billing", "acme.test"),
        recipients=(Recipient(0, RecipientKind.TO, Address("ada", "example.com")),),
        routes=(ChosenRoute(ROUTE),),
        content=content(message_id),
        tags=(),
        metadata={},
        size=size,
    )
