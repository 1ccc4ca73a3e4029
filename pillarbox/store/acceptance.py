"""T1: where messages are committed.

1. Everything is encoded before the transaction begins: what cannot be stored
   fails there, and holds no lock meanwhile.
2. Idempotency keys come first, and in one order for all writers: whoever comes
   second with a key waits for the first, never both for each other.
3. What is due, is due on the database's clock, whatever the ids say.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, exc, select
from sqlalchemy.dialects import sqlite

from pillarbox.domain.errors import IdempotencyKeyBusyError
from pillarbox.domain.ids import KeyId
from pillarbox.domain.message import AcceptedMessage
from pillarbox.domain.status import MessageStatus, RecipientStatus
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceResult,
    Committed,
    Idempotency,
    KeyReused,
    Replayed,
)
from pillarbox.store.bulk import BulkInsert, Row
from pillarbox.store.clock import database_now
from pillarbox.store.contents import keep_blobs
from pillarbox.store.document import blobs_of, storable, write_document, write_json, write_mailbox
from pillarbox.store.engine import Database
from pillarbox.store.labels import label_digests
from pillarbox.store.tables import (
    contents,
    deliveries,
    idempotency_keys,
    labels,
    messages,
    recipients,
)

KEY_LOCK_TIMEOUT = "300ms"
"""How long a second call with an Idempotency-Key waits for the first before it is a conflict."""

_LOCK_NOT_AVAILABLE = "55P03"

_FIRST_PART = 0
"""Every recipient of a message takes the one route that acceptance chose."""

_MESSAGES = BulkInsert(messages, *messages.c)
_CONTENTS = BulkInsert(contents, *contents.c)
_LABELS = BulkInsert(labels, *labels.c)
_RECIPIENTS = BulkInsert(
    recipients,
    recipients.c.message_id,
    recipients.c.position,
    recipients.c.part,
    recipients.c.key_id,
    recipients.c.kind,
    recipients.c.email,
    recipients.c.address,
    recipients.c.status,
    computed={"next_attempt_at": database_now()},
)
_DELIVERIES = BulkInsert(
    deliveries,
    deliveries.c.message_id,
    deliveries.c.part,
    deliveries.c.relay,
    deliveries.c.lane,
    deliveries.c.key_id,
    deliveries.c.expires_at,
    computed={"due_at": database_now()},
)
_TABLES = (_MESSAGES, _CONTENTS, _RECIPIENTS, _DELIVERIES, _LABELS)
_ALL_ON_POSTGRESQL = _MESSAGES.on_postgresql.add_cte(
    *(each.on_postgresql.cte(f"into_{each.name}") for each in _TABLES[1:])
)
"""One execution for all tables; foreign keys are checked when the whole statement is done."""

_KEYS = BulkInsert(idempotency_keys, *idempotency_keys.c, keep_existing=True)
_KEY_COLUMNS = (idempotency_keys.c.key_id, idempotency_keys.c.idempotency_key)
_KEYS_ON_POSTGRESQL = _KEYS.on_postgresql.returning(*_KEY_COLUMNS)
_KEYS_ON_SQLITE = sqlite.insert(idempotency_keys).on_conflict_do_nothing().returning(*_KEY_COLUMNS)
_REMEMBERED = select(idempotency_keys.c.request_sha256, idempotency_keys.c.response).where(
    idempotency_keys.c.key_id == bindparam("key_id"),
    idempotency_keys.c.idempotency_key == bindparam("idempotency_key"),
)


class SqlAcceptanceStore:
    """An `AcceptanceStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accept(self, batch: Sequence[Acceptance]) -> list[AcceptanceResult]:
        """Commit a batch in one transaction; one result each, in order.

        Raises `IdempotencyKeyBusyError` if another transaction holds a key for
        longer than `KEY_LOCK_TIMEOUT`, `ValueError` for text that is not
        Unicode; nothing of the batch is stored then.
        """
        encoded = {id(each): _Encoded(each.message) for each in batch}
        keyed = any(each.idempotency for each in batch)
        with self._database.writing() as connection:
            results: list[AcceptanceResult] = [Committed() for _ in batch]
            if keyed:
                results = _remember(connection, batch)
            committed = [
                encoded[id(each)]
                for each, result in zip(batch, results, strict=True)
                if isinstance(result, Committed)
            ]
            if committed:
                _insert(connection, committed)
        return results

    def replay(self, key_id: KeyId, key: str, request_sha256: bytes) -> Replayed | KeyReused | None:
        """Look an Idempotency-Key up before any work is done for its request."""
        with self._database.reading() as connection:
            return _recall(connection, key_id, key, request_sha256)


class _Encoded:
    """A message as rows of every table, in the order of `_TABLES`."""

    __slots__ = ("blobs", "rows")

    def __init__(self, message: AcceptedMessage) -> None:
        self.rows: tuple[Sequence[Row], ...] = (
            [_message_row(message)],
            [{"message_id": message.id, "document": write_document(message.content)}],
            [_recipient_row(message, index) for index in range(len(message.recipients))],
            [_delivery_row(message)],
            [
                {"key_id": message.key_id, "digest": digest, "message_id": message.id}
                for digest in label_digests(message.tags, message.metadata)
            ],
        )
        self.blobs = blobs_of(message.content)


def _insert(connection: Connection, encoded: Sequence[_Encoded]) -> None:
    blobs = {name: content for each in encoded for name, content in each.blobs.items()}
    if blobs:
        keep_blobs(connection, blobs)
    tables = [[row for rows in of_table for row in rows] for of_table in _by_table(encoded)]
    if connection.dialect.name == "postgresql":
        parameters: dict[str, object] = {}
        for insert, rows in zip(_TABLES, tables, strict=True):
            parameters |= insert.rows.parameters(rows)
        connection.execute(_ALL_ON_POSTGRESQL, parameters)
        return
    for insert, rows in zip(_TABLES, tables, strict=True):
        insert.run(connection, rows)


def _by_table(encoded: Sequence[_Encoded]) -> Iterable[tuple[Sequence[Row], ...]]:
    return zip(*(each.rows for each in encoded), strict=True)


def _remember(connection: Connection, batch: Sequence[Acceptance]) -> list[AcceptanceResult]:
    """Store the keys that are new; a message whose key is not new has another result."""
    first: dict[tuple[str, str], int] = {}
    for index, each in enumerate(batch):
        if each.idempotency:
            first.setdefault((each.message.key_id, each.idempotency.key), index)
    new = _insert_keys(connection, [_key_row(batch[first[name]]) for name in sorted(first)])
    results: list[AcceptanceResult] = []
    for index, each in enumerate(batch):
        if each.idempotency is None:
            results.append(Committed())
            continue
        name = (each.message.key_id, each.idempotency.key)
        winner = batch[first[name]].idempotency
        if name not in new or winner is None:
            results.append(_recall_existing(connection, each.message.key_id, each.idempotency))
        elif first[name] == index:
            results.append(Committed())
        else:
            wanted = each.idempotency.request_sha256
            results.append(_compared(wanted, winner.request_sha256, winner.response))
    return results


def _insert_keys(connection: Connection, rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Insert keys, and return those that were not there."""
    if connection.dialect.name == "sqlite":
        inserted = connection.execute(_KEYS_ON_SQLITE, [dict(row) for row in rows])
        return {(row.key_id, row.idempotency_key) for row in inserted}
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{KEY_LOCK_TIMEOUT}'")
    try:
        inserted = connection.execute(_KEYS_ON_POSTGRESQL, _KEYS.rows.parameters(rows))
    except exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise IdempotencyKeyBusyError from error
        raise
    new = {(row.key_id, row.idempotency_key) for row in inserted}
    connection.exec_driver_sql("SET LOCAL lock_timeout TO DEFAULT")
    return new


def _recall_existing(
    connection: Connection, key_id: KeyId, wanted: Idempotency
) -> Replayed | KeyReused:
    known = _recall(connection, key_id, wanted.key, wanted.request_sha256)
    if known is None:
        raise IdempotencyKeyBusyError  # it was there a moment ago and is being purged
    return known


def _recall(
    connection: Connection, key_id: KeyId, key: str, request_sha256: bytes
) -> Replayed | KeyReused | None:
    names = {"key_id": key_id, "idempotency_key": key}
    row = connection.execute(_REMEMBERED, names).one_or_none()
    return _compared(request_sha256, row.request_sha256, row.response) if row else None


def _compared(wanted: bytes, known: bytes, response: bytes) -> Replayed | KeyReused:
    return Replayed(response) if wanted == known else KeyReused()


def _key_row(acceptance: Acceptance) -> Row:
    idempotency = acceptance.idempotency
    if idempotency is None:
        raise AssertionError(acceptance)
    return {
        "key_id": acceptance.message.key_id,
        "idempotency_key": idempotency.key,
        "request_sha256": idempotency.request_sha256,
        "response": idempotency.response,
        "message_id": acceptance.message.id,
    }


def _message_row(message: AcceptedMessage) -> Row:
    content, trace = message.content, message.trace
    return {
        "id": message.id,
        "key_id": message.key_id,
        "status": MessageStatus.QUEUED.value,
        "created_at": message.created_at,
        "expires_at": message.expires_at,
        "internet_message_id": content.internet_message_id,
        "sender": write_json(write_mailbox(content.sender)).decode(),
        "sender_address": content.sender.address.wire,
        "envelope_sender": message.envelope_sender.wire,
        "subject": storable(content.subject),
        "tags": write_json(message.tags).decode(),
        "metadata": write_json(dict(message.metadata)).decode(),
        "size": message.size,
        "traceparent": storable(trace.traceparent) if trace else None,
        "tracestate": storable(trace.tracestate) if trace else None,
    }


def _recipient_row(message: AcceptedMessage, index: int) -> Row:
    recipient = message.recipients[index]
    return {
        "message_id": message.id,
        "position": recipient.position,
        "part": _FIRST_PART,
        "key_id": message.key_id,
        "kind": recipient.kind.value,
        "email": str(recipient.address),
        "address": recipient.address.wire,
        "status": RecipientStatus.QUEUED.value,
    }


def _delivery_row(message: AcceptedMessage) -> Row:
    return {
        "message_id": message.id,
        "part": _FIRST_PART,
        "relay": message.route.relay,
        "lane": message.route.lane.value,
        "key_id": message.key_id,
        "expires_at": message.expires_at,
    }
