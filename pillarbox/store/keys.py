from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pillarbox.domain.address import SenderPattern
from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import ApiKey, Scope
from pillarbox.store.document import storable, write_json
from pillarbox.store.engine import Database
from pillarbox.store.tables import api_keys

_ADD = {
    "postgresql": postgresql.insert(api_keys).on_conflict_do_nothing().returning(api_keys.c.id),
    "sqlite": sqlite.insert(api_keys).on_conflict_do_nothing().returning(api_keys.c.id),
}
_FIND = select(api_keys).where(api_keys.c.id == bindparam("key"))
_ALL = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
_REVOKE = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("key"), api_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at", type_=api_keys.c.revoked_at.type))
)


class SqlKeyStore:
    """A `KeyStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key: KeyId) -> ApiKey | None:
        """Look a key up, revoked or not."""
        with self._database.reading() as connection:
            row = connection.execute(_FIND, {"key": key}).one_or_none()
        return _read(row) if row else None

    def add(self, key: ApiKey) -> bool:
        """Store a key; False if one with its id is there already."""
        values = {
            "id": key.id,
            "name": storable(key.name),
            "scopes": write_json(sorted(scope.value for scope in key.scopes)).decode(),
            "senders": write_json([each.pattern for each in key.senders]).decode(),
            "secret_sha256": key.secret_sha256,
            "created_at": key.created_at,
            "revoked_at": key.revoked_at,
        }
        with self._database.writing() as connection:
            return connection.scalar(_ADD[connection.dialect.name], values) is not None

    def all(self) -> list[ApiKey]:
        """Every key, newest first."""
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(_ALL)]

    def revoke(self, key: KeyId, at: datetime) -> bool:
        """Revoke a key; False if there is none that is not revoked."""
        with self._database.writing() as connection:
            return connection.execute(_REVOKE, {"key": key, "at": at}).rowcount == 1


def _read(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=KeyId(row.id),
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in orjson.loads(row.scopes)),
        senders=tuple(SenderPattern(each) for each in orjson.loads(row.senders)),
        secret_sha256=row.secret_sha256,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
