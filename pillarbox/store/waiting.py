"""What of a message waits, by its recipients: asked where a worker may no longer know.

A worker knows from its claim what else of a delivery waits, and settles by that.
Once a caller has cancelled or retried something of the message, it no longer
knows: then its deliveries are `revised`, and these statements look.
"""

from sqlalchemy import and_, bindparam, delete, exists, func, null, select, update

from pillarbox.store.listed import among
from pillarbox.store.tables import deliveries, recipients

_OF_DELIVERY = and_(
    recipients.c.message_id == deliveries.c.message_id,
    recipients.c.part == deliveries.c.part,
    recipients.c.next_attempt_at.is_not(None),
)
_FREE = and_(among(deliveries.c.message_id, "ids"), deliveries.c.claim_id.is_(None))

_HELD = and_(
    deliveries.c.message_id == bindparam("message"),
    deliveries.c.part == bindparam("place"),
    deliveries.c.claim_id == bindparam("claim"),
)
_WHEN_THE_FIRST_IS = (
    select(func.min(recipients.c.next_attempt_at)).where(_OF_DELIVERY).scalar_subquery()
)

# One by one, and no other delivery of the message: whoever revises that may hold it, and wait
# for ours (a test met the deadlock).
END_HELD = delete(deliveries).where(_HELD, ~exists().where(_OF_DELIVERY))
"""Ends a delivery that a claim holds if nobody waits for it any more."""
LET_GO = (
    update(deliveries)
    .where(_HELD)
    .values(due_at=_WHEN_THE_FIRST_IS, claim_id=null(), claim_place=null())
)
"""Lets one that a claim holds be due again when the first of its recipients is."""

END_IDLE = delete(deliveries).where(_FREE, ~exists().where(_OF_DELIVERY))
"""Ends the deliveries of the messages `ids` that nobody holds and nobody waits for."""

DUE_WITH_THE_FIRST = update(deliveries).where(_FREE).values(due_at=_WHEN_THE_FIRST_IS)
"""Lets those that nobody holds be due when the first of their recipients is."""
