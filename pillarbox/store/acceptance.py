"""T1: where messages are committed.

1. What one statement takes is encoded before the transaction begins: what
   cannot be stored fails there, and holds no lock meanwhile. Of a larger batch
   the rest is encoded within, piece by piece, so that it is never whole in memory.
2. What is due at once, is due on the database's clock, whatever the ids say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from pillarbox.domain.errors import IdempotencyKeyReusedError
from pillarbox.domain.ids import KeyId
from pillarbox.domain.message import AcceptedMessage, ChosenRoute
from pillarbox.domain.status import MessageStatus, RecipientStatus
from pillarbox.flows.ports.acceptance import (
    Acceptance,
    AcceptanceResult,
    Committed,
    KeyReused,
    Replayed,
)
from pillarbox.store.bulk import BulkInsert, BulkTogether, Row
from pillarbox.store.clock import database_now
from pillarbox.store.contents import keep_blobs, note_uses
from pillarbox.store.document import blobs_of, storable, write_document, write_json, write_mailbox
from pillarbox.store.engine import Database
from pillarbox.store.idempotency import recall, recall_all, remember
from pillarbox.store.labels import label_digests
from pillarbox.store.tables import (
    contents,
    deliveries,
    labels,
    messages,
    recipients,
)

_MESSAGES = BulkInsert(messages, *messages.c)
_CONTENTS = BulkInsert(contents, contents.c.message_id, contents.c.document)
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
    recipients.c.next_attempt_at,
    otherwise={"next_attempt_at": database_now()},
)
_DELIVERIES = BulkInsert(
    deliveries,
    deliveries.c.message_id,
    deliveries.c.part,
    deliveries.c.relay,
    deliveries.c.fallbacks,
    deliveries.c.lane,
    deliveries.c.key_id,
    deliveries.c.expires_at,
    deliveries.c.due_at,
    otherwise={"due_at": database_now()},
)
_TABLES = BulkTogether(_MESSAGES, _CONTENTS, _RECIPIENTS, _DELIVERIES, _LABELS)


MAX_STATEMENT_LENGTH = 8 << 20
"""Characters: what a statement's parameters hold, a few times over, while it is made and runs."""


class SqlAcceptanceStore:
    """An `AcceptanceStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accept(self, batch: Sequence[Acceptance], *, whole: bool = False) -> list[AcceptanceResult]:
        """Commit a batch in one transaction; one result each, in order.

        Raises `IdempotencyKeyBusyError` if another transaction holds a key too
        long, with `whole` `IdempotencyKeyReusedError` if one was used for
        something else, `ValueError` for text that is not Unicode; nothing of the
        batch is stored then.
        """
        chunks = list(_chunked(batch))
        encoded = _encoded(chunks[0])
        keyed = any(each.idempotency for each in batch)
        at_once = not keyed and len(chunks) == 1 and not any(each.blobs for each in encoded)
        writing = self._database.writing_once if at_once else self._database.writing
        with writing() as connection:
            results: list[AcceptanceResult] = [Committed() for _ in batch]
            if keyed:
                results = remember(connection, batch)
                if whole and any(isinstance(each, KeyReused) for each in results):
                    raise IdempotencyKeyReusedError
            first = 0
            for number, chunk in enumerate(chunks):
                rows = _encoded(chunk) if number else encoded
                of_chunk = results[first : first + len(chunk)]
                committed = [
                    each
                    for each, result in zip(rows, of_chunk, strict=True)
                    if isinstance(result, Committed)
                ]
                if committed:
                    _insert(connection, committed)
                first += len(chunk)
        return results

    def replays(
        self, key_id: KeyId, wanted: Mapping[str, bytes]
    ) -> dict[str, Replayed | KeyReused]:
        """Look Idempotency-Keys up, each with its request's SHA-256; those that are known."""
        with self._database.reading() as connection:
            return recall_all(connection, key_id, wanted)

    def replay(self, key_id: KeyId, key: str, request_sha256: bytes) -> Replayed | KeyReused | None:
        """Look an Idempotency-Key up before any work is done for its request."""
        with self._database.reading() as connection:
            return recall(connection, key_id, key, request_sha256)


class _Encoded:
    """A message as rows of every table, in the order of `_TABLES`, and its blobs."""

    __slots__ = ("blobs", "id", "rows")

    def __init__(self, message: AcceptedMessage) -> None:
        parts = _numbered(message.parts())
        self.id = message.id
        self.rows: tuple[Sequence[Row], ...] = (
            [_message_row(message)],
            [{"message_id": message.id, "document": write_document(message.content)}],
            [
                _recipient_row(message, index, parts[chosen])
                for index, chosen in enumerate(message.routes)
            ],
            [_delivery_row(message, chosen, part) for chosen, part in parts.items()],
            [
                {"key_id": message.key_id, "digest": digest, "message_id": message.id}
                for digest in label_digests(message.tags, message.metadata)
            ],
        )
        self.blobs = blobs_of(message.content)


def _chunked(batch: Sequence[Acceptance]) -> Iterator[Sequence[Acceptance]]:
    """Cut a batch into what one statement takes, so that its memory does not grow with it."""
    first = length = 0
    for index, each in enumerate(batch):
        own = each.message.content.own_length
        length += own
        if length > MAX_STATEMENT_LENGTH and index > first:
            yield batch[first:index]
            first, length = index, own
    yield batch[first:]


def _encoded(chunk: Sequence[Acceptance]) -> list[_Encoded]:
    return [_Encoded(each.message) for each in chunk]


def _insert(connection: Connection, encoded: Sequence[_Encoded]) -> None:
    blobs = {name: content for each in encoded for name, content in each.blobs.items()}
    if blobs:
        keep_blobs(connection, blobs)
        note_uses(connection, [(name, each.id) for each in encoded for name in each.blobs])
    tables = [[row for rows in of_table for row in rows] for of_table in _by_table(encoded)]
    _TABLES.run(connection, tables)


def _by_table(encoded: Sequence[_Encoded]) -> Iterable[tuple[Sequence[Row], ...]]:
    return zip(*(each.rows for each in encoded), strict=True)


def _message_row(message: AcceptedMessage) -> Row:
    content, trace = message.content, message.trace
    return {
        "id": message.id,
        "key_id": message.key_id,
        "status": (MessageStatus.SCHEDULED if message.send_at else MessageStatus.QUEUED).value,
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
        "priority": message.priority.value,
        "on_uncertain": message.on_uncertain.value,
        "send_at": message.send_at,
        "relay": message.relay,
        "batch_id": message.batch_id,
    }


def _numbered(parts: Sequence[ChosenRoute]) -> dict[ChosenRoute, int]:
    """Give each part of a message its number: 0 to the only one, else from 1."""
    return {chosen: number for number, chosen in enumerate(parts, len(parts) > 1)}


def _recipient_row(message: AcceptedMessage, index: int, part: int) -> Row:
    recipient = message.recipients[index]
    return {
        "message_id": message.id,
        "position": recipient.position,
        "part": part,
        "key_id": message.key_id,
        "kind": recipient.kind.value,
        "email": str(recipient.address),
        "address": recipient.address.wire,
        "status": RecipientStatus.QUEUED.value,
        "next_attempt_at": message.send_at,
    }


def _delivery_row(message: AcceptedMessage, chosen: ChosenRoute, part: int) -> Row:
    return {
        "message_id": message.id,
        "part": part,
        "relay": chosen.route.relay,
        "fallbacks": ",".join(chosen.fallbacks),
        "lane": chosen.route.lane.value,
        "key_id": message.key_id,
        "expires_at": message.expires_at,
        "due_at": message.send_at,
    }
