"""Which messages a list shows: one statement for each combination of filters.

1. The most telling filter drives: its index has the message ids in order, so a
   page costs what it shows, and not what the store holds. Ids carry the time,
   so a span of time is a range of ids.
2. `sending` is not stored. It is read from the claims that live, which are as
   few as there are workers.
3. Statuses are written into the statement as literals, because a partial
   index serves only what is known when the statement is planned.
"""

from collections.abc import Iterator

from sqlalchemy import (
    ColumnElement,
    Exists,
    FromClause,
    Select,
    and_,
    exists,
    literal,
    select,
)

from pillarbox.domain.ids import MessageId
from pillarbox.domain.status import WAITING, MessageStatus, RecipientStatus
from pillarbox.flows.ports.reading import MessageFilter
from pillarbox.store.clock import database_now_once
from pillarbox.store.document import storable
from pillarbox.store.ids import first_message_id_at
from pillarbox.store.labels import metadata_digest, tag_digest
from pillarbox.store.tables import claims, deliveries, labels, messages, recipients

_WAITING_MESSAGES = frozenset(
    {
        MessageStatus.SCHEDULED,
        MessageStatus.QUEUED,
        MessageStatus.DEFERRED,
        MessageStatus.UNCERTAIN,
    }
)
"""Stored like this, a message may be shown as `sending`."""

LIVE_HOLD = and_(claims.c.id == deliveries.c.claim_id, claims.c.lease_until > database_now_once())
"""Joins a delivery to the worker that holds it now."""


def page(wanted: MessageFilter, *, limit: int, before: MessageId | None) -> Select[str]:
    """Select the ids of one page, newest first."""
    drives = next(_drivers(wanted))
    conditions = [*_range(drives.ids, wanted, before), *drives.conditions]
    conditions += _further(wanted, drives)
    statement = select(drives.ids).where(*conditions).order_by(drives.ids.desc()).limit(limit)
    if drives.source is not messages:
        statement = statement.join_from(drives.source, messages, messages.c.id == drives.ids)
    return statement.distinct() if drives.repeats else statement


class _Driver:
    """The rows that a list walks: where its message ids are, and which filters it has done.

    `repeats` says that a message may be met more than once.
    """

    def __init__(
        self,
        source: FromClause,
        ids: ColumnElement[str],
        *conditions: ColumnElement[bool],
        done: frozenset[str] = frozenset(),
        repeats: bool = False,
    ) -> None:
        self.source = source
        self.ids = ids
        self.conditions = conditions
        self.done = done
        self.repeats = repeats


def _drivers(wanted: MessageFilter) -> Iterator[_Driver]:
    """Offer those that serve, the most telling first; the last serves always."""
    if wanted.recipient is not None:
        done = frozenset({"recipient", "recipient_status"})
        of_one = _recipient_conditions(wanted)
        yield _Driver(recipients, recipients.c.message_id, *of_one, done=done)
    if wanted.status == MessageStatus.SENDING:
        yield _sending(frozenset({"status"}))
    if wanted.recipient_status == RecipientStatus.SENDING:
        yield _sending(frozenset({"recipient_status"}))
    if wanted.batch is not None:
        of_batch = messages.c.batch_id == wanted.batch
        yield _Driver(messages, messages.c.id, of_batch, done=frozenset({"batch"}))
    for digest in _digests(wanted):
        conditions = [labels.c.digest == digest]
        if wanted.key_id is not None:
            conditions.append(labels.c.key_id == wanted.key_id)
        yield _Driver(labels, labels.c.message_id, *conditions)
    if wanted.recipient_status not in {None, RecipientStatus.SENT}:
        done = frozenset({"recipient_status"})
        of_one = _recipient_conditions(wanted)
        yield _Driver(recipients, recipients.c.message_id, *of_one, done=done, repeats=True)
    yield _Driver(messages, messages.c.id)


def _sending(done: frozenset[str]) -> _Driver:
    """Walk what workers hold now."""
    source = claims.join(deliveries, LIVE_HOLD).join(
        recipients,
        and_(
            recipients.c.message_id == deliveries.c.message_id,
            recipients.c.part == deliveries.c.part,
            recipients.c.next_attempt_at <= claims.c.due_by,
        ),
    )
    # Gathered first, then sorted. The empty text hides from SQLite that an index has the ids in
    # order: it would walk every delivery by that, to save itself the sorting of a few.
    ids = (deliveries.c.message_id + "").label("message_id")
    held = select(ids).select_from(source).distinct().subquery("held")
    return _Driver(held, held.c.message_id, done=done)


def _range(
    ids: ColumnElement[str], wanted: MessageFilter, before: MessageId | None
) -> Iterator[ColumnElement[bool]]:
    if before is not None:
        yield ids < before
    if wanted.created_before is not None:
        yield ids < first_message_id_at(wanted.created_before)
    if wanted.created_after is not None:
        yield ids >= first_message_id_at(wanted.created_after)


def _further(wanted: MessageFilter, drives: _Driver) -> Iterator[ColumnElement[bool]]:
    """Ask what the driver has not asked yet."""
    if wanted.key_id is not None:
        yield messages.c.key_id == wanted.key_id
    if wanted.batch is not None and "batch" not in drives.done:
        yield messages.c.batch_id == wanted.batch
    if wanted.sender is not None:
        yield messages.c.sender_address == storable(wanted.sender)
    if wanted.status is not None and "status" not in drives.done:
        yield from _message_status(wanted.status)
    if wanted.recipient_status is not None and "recipient_status" not in drives.done:
        yield exists().where(
            recipients.c.message_id == messages.c.id, *_recipient_conditions(wanted)
        )
    for digest in _digests(wanted):
        label = labels.alias()
        yield exists().where(
            label.c.key_id == messages.c.key_id,
            label.c.digest == digest,
            label.c.message_id == messages.c.id,
        )


def _message_status(status: str) -> Iterator[ColumnElement[bool]]:
    held = _held_recipient().where(recipients.c.message_id == messages.c.id)
    if status == MessageStatus.SENDING:
        yield held
        return
    yield from _stored(messages.c.status, status)
    if status in _WAITING_MESSAGES:
        yield ~held


def _recipient_conditions(wanted: MessageFilter) -> Iterator[ColumnElement[bool]]:
    """Ask for one recipient that has the address and the status."""
    if wanted.recipient is not None:
        yield recipients.c.address == storable(wanted.recipient)
    if wanted.recipient_status is None:
        return
    if wanted.recipient_status == RecipientStatus.SENDING:
        yield _held_recipient()
        return
    yield from _stored(recipients.c.status, wanted.recipient_status)
    if wanted.recipient_status in WAITING:
        yield ~_held_recipient()


def _stored(column: ColumnElement[str], status: str) -> Iterator[ColumnElement[bool]]:
    yield column == literal(storable(status), literal_execute=True)
    if status != MessageStatus.SENT:
        # the condition of the partial index, in its own words
        yield column != literal(MessageStatus.SENT.value, literal_execute=True)


def _held_recipient() -> Exists:
    """Whether a worker holds the recipient of the row around it; alone: any recipient."""
    return exists().where(
        deliveries.c.message_id == recipients.c.message_id,
        deliveries.c.part == recipients.c.part,
        LIVE_HOLD,
        recipients.c.next_attempt_at <= claims.c.due_by,
    )


def _digests(wanted: MessageFilter) -> list[bytes]:
    digests = [tag_digest(tag) for tag in wanted.tags]
    return digests + [metadata_digest(name, value) for name, value in wanted.metadata]
