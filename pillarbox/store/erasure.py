"""Erasing an address wherever it stands.

An address stands in the recipient's row, in the texts of replies to it, in the
steps of attempts, in the answer that an Idempotency-Key repeats, and in what
the message is made from, with the subject.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import ColumnElement, Connection, bindparam, case, literal, select, true, update

from pillarbox.domain.address import Address
from pillarbox.domain.ids import MessageId
from pillarbox.store.bulk import BulkUpdate
from pillarbox.store.engine import Database
from pillarbox.store.listed import among
from pillarbox.store.retention import drop_contents
from pillarbox.store.tables import (
    attempts,
    contents,
    deliveries,
    idempotency_keys,
    messages,
    recipients,
)

MAX_TRIES = 20
PAUSE_SECONDS = 0.02
"""Between two tries: a settlement holds its messages for milliseconds."""

ERASED = "erased@erased.invalid"
"""What stands where an address stood (RFC 2606 2: nobody's, for ever)."""

_TO = (
    select(recipients.c.message_id)
    .where(
        recipients.c.address == bindparam("address"), recipients.c.message_id > bindparam("after")
    )
    .order_by(recipients.c.message_id)
    .limit(bindparam("limit"))
    .distinct()
)
_FREE = (
    select(messages.c.id)
    .where(among(messages.c.id, "ids"))
    .with_for_update(key_share=True, skip_locked=True)
)
"""Those that nobody is changing. A worker locks the messages of its group in any order, and would
wait for ours while we wait for its."""
_ROWS = select(recipients.c.message_id, recipients.c.position, recipients.c.next_attempt_at).where(
    among(recipients.c.message_id, "ids"), recipients.c.address == bindparam("erased_address")
)


def _emptied(text: ColumnElement[str | None]) -> ColumnElement[str | None]:
    return case((text.is_not(None), literal("")), else_=text)


_ERASE_RECIPIENTS = (
    update(recipients)
    .where(
        among(recipients.c.message_id, "ids"),
        recipients.c.address == bindparam("erased_address"),
    )
    .values(
        email=ERASED,
        address=ERASED,
        reply_text=_emptied(recipients.c.reply_text),
        finding_detail=_emptied(recipients.c.finding_detail),
    )
)
_ERASE_STEPS = update(attempts).where(among(attempts.c.message_id, "ids")).values(steps="[]")
_ERASE_SUBJECT = update(messages).where(among(messages.c.id, "ids")).values(subject="")
_DOOM = update(contents).where(among(contents.c.message_id, "ids")).values(doomed=true())
_STILL_SENT_FROM = (
    select(deliveries.c.message_id).where(among(deliveries.c.message_id, "ids")).distinct()
)
_ANSWERS = select(
    idempotency_keys.c.key_id,
    idempotency_keys.c.idempotency_key,
    idempotency_keys.c.message_id,
    idempotency_keys.c.response,
).where(among(idempotency_keys.c.message_id, "ids"))
_REWRITE_ANSWERS = BulkUpdate(
    idempotency_keys,
    matched=(idempotency_keys.c.key_id, idempotency_keys.c.idempotency_key),
    changed=(idempotency_keys.c.response,),
)


class SqlErasureStore:
    """`ErasureStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def messages_to(
        self, address: Address, *, after: MessageId | None, limit: int
    ) -> list[MessageId]:
        """List the messages to an address, oldest first."""
        with self._database.reading() as connection:
            wanted = {"address": address.wire, "after": after or "", "limit": limit}
            return [MessageId(each) for each in connection.scalars(_TO, wanted)]

    def erase(self, address: Address, messages: Sequence[MessageId]) -> list[MessageId]:
        """Erase an address from messages, unless it is still to be sent to.

        Messages that a worker is settling are tried again, for a while.
        """
        left, done = set(messages), set[MessageId]()
        for _ in range(MAX_TRIES):
            with self._database.writing() as connection:
                free = {MessageId(each) for each in connection.scalars(_FREE, {"ids": list(left)})}
                done |= _erase_from(connection, address, sorted(free))
            left -= free
            if not left:
                break
            time.sleep(PAUSE_SECONDS)  # to wait for the lock is what must not be done
        return [each for each in messages if each in done]


def _erase_from(
    connection: Connection, address: Address, messages: Sequence[MessageId]
) -> set[MessageId]:
    """Erase an address from messages that are locked; return those that it does not wait in."""
    named = {"ids": list(messages), "erased_address": address.wire}
    rows = connection.execute(_ROWS, named).all()
    waiting = {row.message_id for row in rows if row.next_attempt_at is not None}
    positions: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.message_id not in waiting:
            positions[row.message_id].append(row.position)
    if positions:
        _erase(connection, address, positions)
    return set(messages) - waiting


def _erase(
    connection: Connection, address: Address, positions: Mapping[str, Sequence[int]]
) -> None:
    ids = {"ids": sorted(positions)}
    connection.execute(_ERASE_RECIPIENTS, ids | {"erased_address": address.wire})
    connection.execute(_ERASE_STEPS, ids)
    connection.execute(_ERASE_SUBJECT, ids)
    answers = connection.execute(_ANSWERS, ids).all()
    _REWRITE_ANSWERS.run(
        connection,
        [
            {
                "key_id": row.key_id,
                "idempotency_key": row.idempotency_key,
                "response": _without(row.response, positions[row.message_id]),
            }
            for row in answers
        ],
    )
    connection.execute(_DOOM, ids)
    kept = set(connection.scalars(_STILL_SENT_FROM, ids))
    drop_contents(connection, [each for each in ids["ids"] if each not in kept])


def _without(response: bytes, positions: Sequence[int]) -> bytes:
    """Write an answer to be repeated anew, without the addresses at these positions."""
    document = orjson.loads(response)
    if "recipients" not in document:
        return response  # to a message of a batch: it names nobody
    for position in positions:
        document["recipients"][position]["email"] = ERASED
    return orjson.dumps(document)
