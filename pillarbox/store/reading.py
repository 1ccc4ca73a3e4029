"""Messages as their callers ask for them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, select
from sqlalchemy import Row as SqlRow

from pillarbox.domain.attempt import Attempt
from pillarbox.domain.ids import KeyId, MessageId
from pillarbox.domain.message import Content
from pillarbox.domain.status import MessageStatus, RecipientStatus
from pillarbox.flows.ports.reading import MessageFilter, MessageView, RecipientView
from pillarbox.store.contents import load_contents
from pillarbox.store.document import mailbox_text, read_mailbox
from pillarbox.store.engine import Database
from pillarbox.store.listed import among
from pillarbox.store.listing import LIVE_HOLD, page
from pillarbox.store.states import STATE_COLUMNS, read_attempt, read_state
from pillarbox.store.tables import attempts, claims, deliveries, messages, recipients

_MESSAGES = select(messages).where(among(messages.c.id, "ids")).order_by(messages.c.id.desc())
_RECIPIENTS = (
    select(
        recipients.c.message_id,
        recipients.c.position,
        recipients.c.kind,
        recipients.c.email,
        claims.c.due_by,
        *STATE_COLUMNS,
    )
    .select_from(
        recipients.outerjoin(
            deliveries,
            and_(
                deliveries.c.message_id == recipients.c.message_id,
                deliveries.c.part == recipients.c.part,
            ),
        ).outerjoin(claims, LIVE_HOLD)
    )
    .where(among(recipients.c.message_id, "ids"))
    .order_by(recipients.c.message_id, recipients.c.position)
)
_OWNER = select(messages.c.key_id).where(messages.c.id == bindparam("message"))
_ATTEMPTS = (
    select(attempts)
    .where(attempts.c.message_id == bindparam("message"))
    .order_by(attempts.c.started_at, attempts.c.part)
)


class SqlMessageReader:
    """A `MessageReader` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def message(self, message: MessageId, key: KeyId | None) -> MessageView | None:
        """Look one up."""
        with self._database.reading() as connection:
            views = _load(connection, [message])
        return next((view for view in views if key is None or view.key_id == key), None)

    def messages(
        self, wanted: MessageFilter, *, limit: int, before: MessageId | None
    ) -> list[MessageView]:
        """List newest first, those older than `before`."""
        with self._database.reading() as connection:
            ids = [
                MessageId(each)
                for each in connection.scalars(page(wanted, limit=limit, before=before))
            ]
            return _load(connection, ids) if ids else []

    def attempts(self, message: MessageId, key: KeyId | None) -> list[Attempt] | None:
        """List the attempts of one message, oldest first; None if there is no such message."""
        with self._database.reading() as connection:
            if not _sees(connection, message, key):
                return None
            rows = connection.execute(_ATTEMPTS, {"message": message})
            return [read_attempt(row) for row in rows]

    def content(self, message: MessageId, key: KeyId | None) -> Content | None:
        """Load what the bytes of one message are made from."""
        with self._database.reading() as connection:
            if not _sees(connection, message, key):
                return None
            return load_contents(connection, [message]).get(message)


def _sees(connection: Connection, message: MessageId, key: KeyId | None) -> bool:
    owner = connection.scalar(_OWNER, {"message": message})
    return owner is not None and (key is None or owner == key)


def _load(connection: Connection, ids: Sequence[str]) -> list[MessageView]:
    of_message: dict[str, list[RecipientView]] = defaultdict(list)
    rows = connection.execute(_MESSAGES, {"ids": list(ids)}).all()
    for message_id, *values in connection.execute(_RECIPIENTS, {"ids": list(ids)}):
        of_message[message_id].append(_recipient(values))
    return [_view(row, of_message[row.id]) for row in rows]


def _recipient(values: Sequence[Any]) -> RecipientView:
    position, kind, email, held_due_by, *state = values
    stored = read_state(position, state)
    due = stored.next_attempt_at
    # Held by a worker, and due when it made its claim.
    if due is not None and held_due_by is not None and due <= held_due_by:
        stored = replace(stored, status=RecipientStatus.SENDING)
    return RecipientView(email, kind, stored)


def _view(row: SqlRow[Any], of_message: Sequence[RecipientView]) -> MessageView:
    sending = any(each.state.status is RecipientStatus.SENDING for each in of_message)
    return MessageView(
        id=MessageId(row.id),
        key_id=KeyId(row.key_id),
        status=MessageStatus.SENDING.value if sending else row.status,
        created_at=row.created_at,
        expires_at=row.expires_at,
        internet_message_id=row.internet_message_id,
        sender=mailbox_text(read_mailbox(orjson.loads(row.sender))),
        envelope_sender=row.envelope_sender,
        subject=row.subject,
        tags=tuple(orjson.loads(row.tags)),
        metadata=orjson.loads(row.metadata),
        size=row.size,
        recipients=tuple(of_message),
        priority=row.priority,
        on_uncertain=row.on_uncertain,
        send_at=row.send_at,
        relay=row.relay,
        batch_id=row.batch_id,
    )
