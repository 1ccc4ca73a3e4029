"""What a claim holds, as a worker needs it: one statement, however much it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from pillarbox.domain.ids import ClaimId
from pillarbox.domain.message import TraceContext
from pillarbox.domain.retry import OnUncertain
from pillarbox.flows.ports.claims import ClaimedDelivery
from pillarbox.store.document import address_of
from pillarbox.store.states import STATE_COLUMNS, read_state
from pillarbox.store.tables import deliveries, messages, recipients

_HELD = (
    select(
        deliveries.c.message_id,
        deliveries.c.part,
        deliveries.c.claim_place,
        messages.c.envelope_sender,
        messages.c.size,
        messages.c.created_at,
        messages.c.expires_at,
        messages.c.traceparent,
        messages.c.tracestate,
        messages.c.on_uncertain,
        recipients.c.position,
        recipients.c.address,
        recipients.c.email,
        *STATE_COLUMNS,
    )
    .join_from(deliveries, messages, messages.c.id == deliveries.c.message_id)
    .join(
        recipients,
        and_(
            recipients.c.message_id == deliveries.c.message_id,
            recipients.c.part == deliveries.c.part,
            recipients.c.next_attempt_at.is_not(None),
        ),
    )
    .where(deliveries.c.claim_id == bindparam("claim"))
    .order_by(deliveries.c.claim_place, recipients.c.position)
)


_PART_OF_RECIPIENT = 10
"""Of a row: what comes before is the delivery's, and the same for each of its recipients."""


def load_deliveries(
    connection: Connection, claim: ClaimId, due_by: datetime
) -> tuple[ClaimedDelivery, ...]:
    """Load what a claim holds, in the order of its places, with the recipients due by then."""
    rows = connection.execute(_HELD, {"claim": claim}).all()
    of_delivery: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        own = of_delivery.setdefault(row[:_PART_OF_RECIPIENT], [])
        own.append(row[_PART_OF_RECIPIENT:])
    return tuple(_read(delivery, own, due_by) for delivery, own in of_delivery.items())


def _read(
    delivery: tuple[Any, ...], of_recipients: Sequence[tuple[Any, ...]], due_by: datetime
) -> ClaimedDelivery:
    message_id, part, place, sender, size, created, expires, *trace, on_uncertain = delivery
    traceparent, tracestate = trace
    states = [read_state(position, values) for position, _, _, *values in of_recipients]
    waiting = [state.next_attempt_at for state in states if state.next_attempt_at is not None]
    # The earliest are due even if the clock was set back since they were found.
    threshold = max(due_by, min(waiting))
    due = [index for index, moment in enumerate(waiting) if moment <= threshold]
    return ClaimedDelivery(
        message_id=message_id,
        part=part,
        place=place,
        envelope_sender=address_of(sender),
        recipients=tuple(address_of(*of_recipients[index][1:3]) for index in due),
        states=tuple(states[index] for index in due),
        others_due_at=min((moment for moment in waiting if moment > threshold), default=None),
        size=size,
        created_at=created,
        expires_at=expires,
        trace=TraceContext(traceparent, tracestate) if traceparent else None,
        on_uncertain=OnUncertain(on_uncertain),
    )
