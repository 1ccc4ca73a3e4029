"""Idempotency keys, within the transaction that commits their messages.

1. They come first, and in one order for all writers: whoever comes second with
   a key waits for the first, and never both for each other.
2. A key that is there already aborts nothing (`ON CONFLICT DO NOTHING`).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, exc, select
from sqlalchemy.dialects import sqlite

from pillarbox.domain.errors import IdempotencyKeyBusyError
from pillarbox.domain.ids import KeyId
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceResult,
    Committed,
    Idempotency,
    KeyReused,
    Replayed,
)
from pillarbox.store.bulk import BulkInsert, Row
from pillarbox.store.listed import among
from pillarbox.store.tables import idempotency_keys

KEY_LOCK_TIMEOUT = "300ms"
"""How long a second call with an Idempotency-Key waits for the first before it is a conflict."""

_LOCK_NOT_AVAILABLE = "55P03"

_KEYS = BulkInsert(idempotency_keys, *idempotency_keys.c, keep_existing=True)
_KEY_COLUMNS = (idempotency_keys.c.key_id, idempotency_keys.c.idempotency_key)
_KEYS_ON_POSTGRESQL = _KEYS.on_postgresql.returning(*_KEY_COLUMNS)
_KEYS_ON_SQLITE = sqlite.insert(idempotency_keys).on_conflict_do_nothing().returning(*_KEY_COLUMNS)
_REMEMBERED = select(idempotency_keys.c.request_sha256, idempotency_keys.c.response).where(
    idempotency_keys.c.key_id == bindparam("key_id"),
    idempotency_keys.c.idempotency_key == bindparam("idempotency_key"),
)

_REMEMBERED_ALL = select(idempotency_keys).where(
    idempotency_keys.c.key_id == bindparam("key_id"),
    among(idempotency_keys.c.idempotency_key, "keys"),
)


def remember(connection: Connection, batch: Sequence[Acceptance]) -> list[AcceptanceResult]:
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
    known = recall(connection, key_id, wanted.key, wanted.request_sha256)
    if known is None:
        raise IdempotencyKeyBusyError  # it was there a moment ago and is being purged
    return known


def recall(
    connection: Connection, key_id: KeyId, key: str, request_sha256: bytes
) -> Replayed | KeyReused | None:
    """Look a key up; None if nobody has used it."""
    names = {"key_id": key_id, "idempotency_key": key}
    row = connection.execute(_REMEMBERED, names).one_or_none()
    return _compared(request_sha256, row.request_sha256, row.response) if row else None


def recall_all(
    connection: Connection, key_id: KeyId, wanted: Mapping[str, bytes]
) -> dict[str, Replayed | KeyReused]:
    """Look several keys up in one statement, each with its request; those that were used."""
    rows = connection.execute(_REMEMBERED_ALL, {"key_id": key_id, "keys": list(wanted)})
    return {
        row.idempotency_key: _compared(
            wanted[row.idempotency_key], row.request_sha256, row.response
        )
        for row in rows
    }


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
