"""What the bytes of messages are made from; attachments once for each content."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Content
from pillarbox.store.bulk import BulkInsert
from pillarbox.store.direct import DirectStatement
from pillarbox.store.document import blob_names, read_document
from pillarbox.store.listed import among
from pillarbox.store.tables import blob_uses, blobs, contents

_DOCUMENTS = select(contents.c.message_id, contents.c.document).where(
    among(contents.c.message_id, "ids")
)
_DOCUMENTS_AT_ONCE = DirectStatement(
    "SELECT message_id, document FROM contents WHERE message_id = ANY (:ids)", binary=True
)
_PRESENT = (
    select(blobs.c.sha256)
    .where(blobs.c.sha256.in_(bindparam("names", expanding=True)))
    .with_for_update(read=True, key_share=True)
)
"""What is found here is not purged before the transaction ends."""
_BLOBS = select(blobs.c.sha256, blobs.c.content).where(
    blobs.c.sha256.in_(bindparam("names", expanding=True))
)
_USES = BulkInsert(blob_uses, *blob_uses.c)
_KEEP = {
    "postgresql": postgresql.insert(blobs).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(blobs).on_conflict_do_nothing(),
}


def load_contents(connection: Connection, ids: Sequence[MessageId]) -> dict[MessageId, Content]:
    """Load what messages are made from: two statements, however many there are.

    One that is erased between the two is left out.
    """
    documents: dict[MessageId, dict[str, Any]] = {
        name: orjson.loads(document) for name, document in _documents(connection, ids)
    }
    names = {name for document in documents.values() for name in blob_names(document)}
    found: dict[bytes, bytes] = {}
    if names:
        rows = connection.execute(_BLOBS, {"names": sorted(names)})
        found = {row.sha256: row.content for row in rows}
    return {
        message_id: read_document(message_id, document, found)
        for message_id, document in documents.items()
        if not names or found.keys() >= set(blob_names(document))
    }


def _documents(connection: Connection, ids: Sequence[MessageId]) -> Iterable[Sequence[Any]]:
    wanted = {"ids": list(ids)}
    if connection.dialect.name == "postgresql":
        return _DOCUMENTS_AT_ONCE.rows(connection, wanted)
    return connection.execute(_DOCUMENTS, wanted).all()


def keep_blobs(connection: Connection, named: Mapping[bytes, bytes]) -> None:
    """Store those blobs that are not there yet, in one order for all writers."""
    present = set(connection.scalars(_PRESENT, {"names": sorted(named)}))
    missing = [
        {"sha256": name, "content": named[name]} for name in sorted(named) if name not in present
    ]
    if missing:
        connection.execute(_KEEP[connection.dialect.name], missing)


def note_uses(connection: Connection, uses: Iterable[tuple[bytes, MessageId]]) -> None:
    """Note which blobs messages are made from: one that none uses any more may be purged."""
    _USES.run(connection, [{"sha256": name, "message_id": message} for name, message in uses])
