"""Forgetting by age, in small batches.

1. The rows of `messages` are locked first, and in the next statement it is seen
   that nothing of them is scheduled: whoever schedules one again refers to its
   row, and so waits for us or goes before us.
2. One purge at a time: of two that remove the last two uses of a blob at once,
   neither would see that it was the last.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    exists,
    func,
    select,
)

from pillarbox.domain.ids import MessageId
from pillarbox.flows.ports.retention import PurgeStep
from pillarbox.store.bulk import BulkDelete, Row
from pillarbox.store.document import blob_names
from pillarbox.store.engine import Database
from pillarbox.store.ids import first_message_id_at, made_at
from pillarbox.store.labels import label_digests
from pillarbox.store.listed import among
from pillarbox.store.tables import (
    attempts,
    blob_uses,
    blobs,
    contents,
    deliveries,
    idempotency_keys,
    labels,
    messages,
    recipients,
)
from pillarbox.store.types import Instant

PURGE_LOCK = 0x70_62_70_75
"""Of PostgreSQL's advisory locks, the one that a purge holds (`pbpu`)."""

_NAMES_A_BLOB = b'"sha256"'

_SCHEDULED = exists().where(deliveries.c.message_id == messages.c.id).correlate(messages)


def _old(ids: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    """Limit to messages in a range of ids that are old enough and ask for nothing more."""
    due = func.coalesce(messages.c.send_at, messages.c.created_at)
    return (
        ids > bindparam("after"),
        ids < bindparam("first_young"),
        due < bindparam("before", type_=Instant()),
        ~_SCHEDULED,
    )


def _candidates(source: ColumnElement[str], statement: Select[str]) -> Select[str]:
    return (
        statement.where(*_old(source))
        .order_by(source)
        .limit(bindparam("limit"))
        .with_for_update(of=messages, skip_locked=True)
    )


_WITH_CONTENTS = _candidates(
    contents.c.message_id,
    select(contents.c.message_id).join_from(
        contents, messages, messages.c.id == contents.c.message_id
    ),
)
_MESSAGES = _candidates(messages.c.id, select(messages.c.id))
_STILL_AT_REST = select(
    messages.c.id, messages.c.key_id, messages.c.tags, messages.c.metadata
).where(among(messages.c.id, "ids"), ~_SCHEDULED)

_DOOMED = (
    select(contents.c.message_id)
    .join_from(contents, messages, messages.c.id == contents.c.message_id)
    .where(contents.c.doomed, ~_SCHEDULED)
    .limit(bindparam("limit"))
    .with_for_update(of=messages, skip_locked=True)
)

_DOCUMENTS = select(contents.c.message_id, contents.c.document).where(
    among(contents.c.message_id, "ids")
)
_UNUSED = (
    select(blobs.c.sha256)
    .where(
        blobs.c.sha256.in_(bindparam("names", expanding=True)),
        ~exists().where(blob_uses.c.sha256 == blobs.c.sha256).correlate(blobs),
    )
    .with_for_update(skip_locked=True)
)
"""A blob that an acceptance has just found is locked by it, and soon used."""
_DROP_UNUSED = delete(blobs).where(
    blobs.c.sha256.in_(bindparam("names", expanding=True)),
    ~exists().where(blob_uses.c.sha256 == blobs.c.sha256).correlate(blobs),
)
_DROP_CONTENTS = delete(contents).where(among(contents.c.message_id, "ids"))
_DROP_OF_MESSAGES = tuple(
    delete(table).where(among(column, "ids"))
    for table, column in (
        (attempts, attempts.c.message_id),
        (recipients, recipients.c.message_id),
        (idempotency_keys, idempotency_keys.c.message_id),
        (messages, messages.c.id),
    )
)
_USES = BulkDelete(blob_uses, *blob_uses.c)
_LABELS = BulkDelete(labels, *labels.c)


class SqlRetentionStore:
    """`RetentionStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def purge_contents(self, before: datetime, *, after: MessageId | None, limit: int) -> PurgeStep:
        """Remove what messages older than `before` are made from."""
        with self._database.writing() as connection:
            if not _is_alone(connection):
                return PurgeStep(0, after)
            found, at_rest = _lock(connection, _WITH_CONTENTS, before, after, limit)
            drop_contents(connection, [row.id for row in at_rest])
        return _step(found, len(at_rest), limit)

    def purge_doomed(self, limit: int) -> int:
        """Remove what an erasure left because others of its recipients waited."""
        with self._database.writing() as connection:
            if not _is_alone(connection):
                return 0
            found = list(connection.scalars(_DOOMED, {"limit": limit}))
            at_rest = connection.execute(_STILL_AT_REST, {"ids": found}).all() if found else []
            drop_contents(connection, [row.id for row in at_rest])
        return len(at_rest)

    def purge_messages(self, before: datetime, *, after: MessageId | None, limit: int) -> PurgeStep:
        """Remove messages older than `before` whole."""
        with self._database.writing() as connection:
            if not _is_alone(connection):
                return PurgeStep(0, after)
            found, at_rest = _lock(connection, _MESSAGES, before, after, limit)
            ids = [row.id for row in at_rest]
            if not ids:
                return _step(found, 0, limit)
            drop_contents(connection, ids)
            _LABELS.run(connection, [label for row in at_rest for label in _labels_of(row)])
            for statement in _DROP_OF_MESSAGES:
                connection.execute(statement, {"ids": ids})
        return _step(found, len(at_rest), limit)


def drop_contents(connection: Connection, ids: Sequence[str]) -> None:
    """Remove what messages are made from, and the attachments that no other message has."""
    if not ids:
        return
    uses = [
        {"sha256": name, "message_id": row.message_id}
        for row in connection.execute(_DOCUMENTS, {"ids": list(ids)})
        if _NAMES_A_BLOB in row.document
        for name in sorted(set(blob_names(orjson.loads(row.document))))
    ]
    connection.execute(_DROP_CONTENTS, {"ids": list(ids)})
    if not uses:
        return
    _USES.run(connection, uses)
    names = sorted({use["sha256"] for use in uses})
    unused = list(connection.scalars(_UNUSED, {"names": names}))
    if unused:
        connection.execute(_DROP_UNUSED, {"names": unused})


def _is_alone(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        return True  # as every writer is there
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(PURGE_LOCK))))


def _lock(
    connection: Connection,
    candidates: Select[str],
    before: datetime,
    after: MessageId | None,
    limit: int,
) -> tuple[list[str], Sequence[Any]]:
    """Lock a batch of candidates; return them, and the rows of those that are at rest still."""
    found = list(
        connection.scalars(
            candidates,
            {
                "after": after or "",
                "first_young": first_message_id_at(before),
                "before": before,
                "limit": limit,
            },
        )
    )
    at_rest = connection.execute(_STILL_AT_REST, {"ids": found}).all() if found else []
    return found, at_rest


def _step(found: Sequence[str], purged: int, limit: int) -> PurgeStep:
    if len(found) < limit:
        return PurgeStep(purged, None)
    return PurgeStep(purged, MessageId(found[-1]), made_at(MessageId(found[-1])))


def _labels_of(row: Any) -> list[Row]:  # noqa: ANN401 - a row of SQLAlchemy
    return [
        {"key_id": row.key_id, "digest": digest, "message_id": row.id}
        for digest in label_digests(orjson.loads(row.tags), orjson.loads(row.metadata))
    ]
