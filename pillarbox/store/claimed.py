"""What a claim holds, as a worker needs it: one statement, however much it is."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select
from sqlalchemy import Row as SqlRow

from pillarbox.domain.ids import ClaimId, MessageId
from pillarbox.domain.message import TraceContext
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


def load_deliveries(
    connection: Connection, claim: ClaimId, due_by: datetime
) -> tuple[ClaimedDelivery, ...]:
    """Load what a claim holds, in the order of its places, with the recipients due by then."""
    rows = connection.execute(_HELD, {"claim": claim})
    by_place = groupby(rows, key=attrgetter("claim_place"))
    return tuple(_read(list(of_one), due_by) for _, of_one in by_place)


def _read(rows: Sequence[SqlRow[Any]], due_by: datetime) -> ClaimedDelivery:
    # The earliest are due even if the clock was set back since they were found.
    threshold = max(due_by, min(row.next_attempt_at for row in rows))
    due = [row for row in rows if row.next_attempt_at <= threshold]
    others = [row.next_attempt_at for row in rows if row.next_attempt_at > threshold]
    first = rows[0]
    return ClaimedDelivery(
        message_id=MessageId(first.message_id),
        part=first.part,
        place=first.claim_place,
        envelope_sender=address_of(first.envelope_sender),
        recipients=tuple(address_of(row.address, row.email) for row in due),
        states=tuple(map(read_state, due)),
        others_due_at=min(others, default=None),
        size=first.size,
        created_at=first.created_at,
        expires_at=first.expires_at,
        trace=TraceContext(first.traceparent, first.tracestate) if first.traceparent else None,
    )
