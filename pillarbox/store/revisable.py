"""Messages as they stand, locked, for who changes them while workers are at the same ones.

1. Locks are taken in the order in which settling takes them: claims, then
   deliveries, then messages. The claims' is the weakest that keeps their owners
   from settling, so that neither a mark nor a renewal waits for us.
2. Deliveries are not waited for: of whose claim we do not know yet, the owner
   may want those that we hold. Then everything begins again, at the claims.
3. What is read is read after the last lock, and seen again to be what was locked.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, and_, select, true
from sqlalchemy import Row as SqlRow

from pillarbox.domain.ids import KeyId, MessageId
from pillarbox.domain.lane import Lane
from pillarbox.flows.ports.revision import StoredMessage, StoredRecipient
from pillarbox.store.clock import database_now
from pillarbox.store.document import address_of
from pillarbox.store.listed import among
from pillarbox.store.rollup import LOCK_MESSAGES
from pillarbox.store.states import STATE_COLUMNS, read_state
from pillarbox.store.tables import claims, contents, deliveries, messages, recipients

_OF_MESSAGES = among(deliveries.c.message_id, "ids")
_CLAIMED_BY = select(deliveries.c.claim_id).where(_OF_MESSAGES, deliveries.c.claim_id.is_not(None))
_KEEP_CLAIMS = (
    select(claims.c.id, claims.c.due_by)
    .where(among(claims.c.id, "claims"))
    .order_by(claims.c.id)
    .with_for_update(read=True, key_share=True)
)
_DELIVERIES = (
    select(deliveries.c.message_id, deliveries.c.part, deliveries.c.claim_id)
    .where(_OF_MESSAGES)
    .order_by(deliveries.c.message_id, deliveries.c.part)
)
_LOCK_DELIVERIES = _DELIVERIES.with_for_update(skip_locked=True)
_MESSAGES = (
    select(
        messages.c.id,
        messages.c.key_id,
        messages.c.priority,
        messages.c.relay,
        messages.c.tags,
        messages.c.envelope_sender,
        messages.c.expires_at,
        and_(contents.c.message_id.is_not(None), contents.c.doomed.is_distinct_from(true())).label(
            "has_content"
        ),
        select(database_now()).scalar_subquery().label("now"),
    )
    # Joined and not asked by EXISTS, for which PostgreSQL may read all of the contents at once.
    .select_from(messages.outerjoin(contents, contents.c.message_id == messages.c.id))
    .where(among(messages.c.id, "ids"))
    .order_by(messages.c.id)
)
_RECIPIENTS = (
    select(
        recipients.c.message_id,
        recipients.c.part,
        recipients.c.position,
        recipients.c.address,
        recipients.c.email,
        *STATE_COLUMNS,
    )
    .where(among(recipients.c.message_id, "ids"))
    .order_by(recipients.c.message_id, recipients.c.position)
)
_PartName = tuple[str, int]


class Stored:
    """Messages as they stand, locked, and the highest part that each has had."""

    __slots__ = ("last_parts", "messages")

    def __init__(self, messages: list[StoredMessage], last_parts: dict[str, int]) -> None:
        self.messages = messages
        self.last_parts = last_parts


def lock_and_load(connection: Connection, ids: Sequence[str]) -> Stored | None:
    """Lock and load; None if something changed between the looking and the locking."""
    wanted = {"ids": ids}
    holders = list(connection.scalars(_CLAIMED_BY, wanted))
    due_by: dict[str, Any] = {}
    if holders:
        kept = connection.execute(_KEEP_CLAIMS, {"claims": sorted(set(holders))})
        due_by = {row.id: row.due_by for row in kept}
    locked = connection.execute(_LOCK_DELIVERIES, wanted).all()
    if any(row.claim_id not in due_by for row in locked if row.claim_id):
        return None
    if connection.execute(_DELIVERIES, wanted).all() != locked:
        return None
    connection.execute(LOCK_MESSAGES, wanted)
    seen = connection.execute(_DELIVERIES, wanted).all()
    if seen != locked:
        return None
    of_message: dict[str, list[SqlRow[Any]]] = defaultdict(list)
    recipient: Any  # a row of more columns than the type checker counts
    for recipient in connection.execute(_RECIPIENTS, wanted):
        of_message[recipient.message_id].append(recipient)
    holds = {(row.message_id, row.part): row.claim_id for row in seen}
    found = [
        _message(row, of_message[row.id], holds, due_by)
        for row in connection.execute(_MESSAGES, wanted)
    ]
    return Stored(found, {name: max(row.part for row in rows) for name, rows in of_message.items()})


def _message(
    row: SqlRow[Any],
    of_message: Sequence[SqlRow[Any]],
    holds: Mapping[_PartName, str | None],
    due_by: Mapping[str, Any],
) -> StoredMessage:
    return StoredMessage(
        id=MessageId(row.id),
        key_id=KeyId(row.key_id),
        priority=Lane(row.priority),
        relay=row.relay,
        tags=tuple(orjson.loads(row.tags)),
        envelope_sender=address_of(row.envelope_sender),
        expires_at=row.expires_at,
        has_content=bool(row.has_content),
        now=row.now,
        recipients=tuple(_recipient(each, of_message, holds, due_by) for each in of_message),
    )


def _recipient(
    row: SqlRow[Any],
    of_message: Sequence[SqlRow[Any]],
    holds: Mapping[_PartName, str | None],
    due_by: Mapping[str, Any],
) -> StoredRecipient:
    name = row.message_id, row.part
    claim = holds.get(name)
    held = False
    if claim is not None and row.next_attempt_at is not None:
        companions = [
            each.next_attempt_at
            for each in of_message
            if each.part == row.part and each.next_attempt_at is not None
        ]
        # As its worker counted: the earliest are due even if the clock was set back.
        held = row.next_attempt_at <= max(due_by[claim], min(companions))
    return StoredRecipient(
        address=address_of(row.address, row.email),
        state=read_state(row.position, row[-len(STATE_COLUMNS) :]),
        held=held,
        travels=name in holds and (claim is None or row.next_attempt_at is not None),
    )
