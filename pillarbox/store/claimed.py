"""What a claim holds, as a worker needs it: one statement, however much it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import RecipientState
from pillarbox.domain.ids import ClaimId
from pillarbox.domain.message import TraceContext
from pillarbox.domain.retry import OnUncertain
from pillarbox.flows.ports.claims import ClaimedDelivery
from pillarbox.store.direct import HotStatement
from pillarbox.store.document import address_of
from pillarbox.store.states import STATE_COLUMNS, read_state
from pillarbox.store.tables import deliveries, messages, recipients

_HOLDS = (
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


_HELD = HotStatement(_HOLDS)
_COLUMNS = list(_HOLDS.selected_columns)
_PLACE = _COLUMNS.index(deliveries.c.claim_place)
_SENDER = _COLUMNS.index(messages.c.envelope_sender)
_NEXT_ATTEMPT = _COLUMNS.index(recipients.c.next_attempt_at)
_PART_OF_RECIPIENT = _COLUMNS.index(recipients.c.position)
"""Of a row: what comes before is the delivery's, and the same for each of its recipients."""
_STATE = _PART_OF_RECIPIENT + 3
"""Position, address and email come before."""


def load_deliveries(
    connection: Connection, claim: ClaimId, due_by: datetime
) -> tuple[ClaimedDelivery, ...]:
    """Load what a claim holds, in the order of its places, with the recipients due by then."""
    rows = _HELD.rows(connection, {"claim": claim})
    senders = {sender: address_of(sender) for sender in {row[_SENDER] for row in rows}}
    held: list[ClaimedDelivery] = []
    first = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end][_PLACE] != rows[first][_PLACE]:
            held.append(_read(rows[first:end], senders, due_by))
            first = end
    return tuple(held)


def _read(
    rows: Sequence[Sequence[Any]], senders: Mapping[str, Address], due_by: datetime
) -> ClaimedDelivery:
    """Make one delivery from its rows, one for each recipient that waits."""
    delivery = rows[0][:_PART_OF_RECIPIENT]
    message_id, part, place, sender, size, created, expires, *trace, on_uncertain = delivery
    traceparent, tracestate = trace
    recipients: list[Address] = []
    states: list[RecipientState] = []
    others: list[datetime] = []
    # The earliest are due even if the clock was set back since they were found.
    threshold = max(due_by, min(row[_NEXT_ATTEMPT] for row in rows))
    for row in rows:
        if row[_NEXT_ATTEMPT] > threshold:
            others.append(row[_NEXT_ATTEMPT])
            continue
        position, address, email = row[_PART_OF_RECIPIENT:_STATE]
        recipients.append(address_of(address, email))
        states.append(read_state(position, row[_STATE:]))
    return ClaimedDelivery(
        message_id=message_id,
        part=part,
        place=place,
        envelope_sender=senders[sender],
        recipients=tuple(recipients),
        states=tuple(states),
        others_due_at=min(others, default=None),
        size=size,
        created_at=created,
        expires_at=expires,
        trace=TraceContext(traceparent, tracestate) if traceparent else None,
        on_uncertain=OnUncertain(on_uncertain),
    )
