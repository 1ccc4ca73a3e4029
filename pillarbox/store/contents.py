"""What the bytes of messages are made from; attachments once for each content."""

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Content
from pillarbox.store.document import blob_names, read_document
from pillarbox.store.listed import among
from pillarbox.store.tables import blobs, contents

_DOCUMENTS = select(contents.c.message_id, contents.c.document).where(
    among(contents.c.message_id, "ids")
)
_PRESENT = select(blobs.c.sha256).where(blobs.c.sha256.in_(bindparam("names", expanding=True)))
_BLOBS = select(blobs.c.sha256, blobs.c.content).where(
    blobs.c.sha256.in_(bindparam("names", expanding=True))
)
_KEEP = {
    "postgresql": postgresql.insert(blobs).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(blobs).on_conflict_do_nothing(),
}


def load_contents(connection: Connection, ids: Sequence[MessageId]) -> dict[MessageId, Content]:
    """Load what messages are made from: two statements, however many there are."""
    documents = {
        MessageId(row.message_id): orjson.loads(row.document)
        for row in connection.execute(_DOCUMENTS, {"ids": list(ids)})
    }
    names = {name for document in documents.values() for name in blob_names(document)}
    found: dict[bytes, bytes] = {}
    if names:
        rows = connection.execute(_BLOBS, {"names": sorted(names)})
        found = {row.sha256: row.content for row in rows}
    return {
        message_id: read_document(message_id, document, found)
        for message_id, document in documents.items()
    }


def keep_blobs(connection: Connection, named: Mapping[bytes, bytes]) -> None:
    """Store those blobs that are not there yet, in one order for all writers."""
    present = set(connection.scalars(_PRESENT, {"names": sorted(named)}))
    missing = [
        {"sha256": name, "content": named[name]} for name in sorted(named) if name not in present
    ]
    if missing:
        connection.execute(_KEEP[connection.dialect.name], missing)
