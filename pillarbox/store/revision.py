"""What callers change of their messages, while workers are at the same ones.

1. What a claim holds is not changed. Every delivery of a changed message is
   `revised`: its worker counts anew what waits.
2. Who waits again and has no free delivery gets one of its own, with a number
   that the message has not had: nobody else's claim is about it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, true, update

from pillarbox.domain.errors import StoreUnavailableError
from pillarbox.domain.ids import BatchId, KeyId, MessageId
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.flows.ports.revision import Decision, Revised, Revision, StoredMessage
from pillarbox.store.bulk import BulkInsert
from pillarbox.store.clock import database_now_once
from pillarbox.store.engine import Database
from pillarbox.store.listed import among
from pillarbox.store.revisable import lock_and_load
from pillarbox.store.rollup import ROLL_UP
from pillarbox.store.settlement import WRITE_STATES
from pillarbox.store.states import write_state
from pillarbox.store.tables import deliveries, messages, recipients
from pillarbox.store.waiting import DUE_WITH_THE_FIRST, END_IDLE

MAX_TRIES = 100
"""A claim may be made, moved or ended between our looking and our locking: then again."""
PAUSE_SECONDS = 0.005
"""Before that: a claim or a settling takes a few milliseconds, and cannot be waited for."""

_OF_MESSAGES = among(deliveries.c.message_id, "ids")
_OF_BATCH = (
    select(messages.c.id, messages.c.key_id)
    .where(messages.c.batch_id == bindparam("batch"))
    .order_by(messages.c.id)
)
_REVISED = update(deliveries).where(_OF_MESSAGES).values(revised=true())
_NEW_PART = (
    update(recipients)
    .where(
        recipients.c.message_id == bindparam("message"),
        recipients.c.position == bindparam("place"),
    )
    .values(part=bindparam("new_part"))
)
_NEW_DELIVERIES = BulkInsert(
    deliveries,
    deliveries.c.message_id,
    deliveries.c.part,
    deliveries.c.relay,
    deliveries.c.fallbacks,
    deliveries.c.lane,
    deliveries.c.key_id,
    deliveries.c.due_at,
    deliveries.c.expires_at,
)
_NEW_LIFETIME = (
    update(messages)
    .where(messages.c.id == bindparam("message"))
    .values(expires_at=bindparam("until", type_=messages.c.expires_at.type))
)
_NEW_LIFETIMES_END = (
    update(deliveries)
    .where(deliveries.c.message_id == bindparam("message"))
    .values(expires_at=bindparam("until", type_=deliveries.c.expires_at.type))
)
_DUE = (
    select(deliveries.c.relay, deliveries.c.lane)
    .where(
        _OF_MESSAGES,
        deliveries.c.claim_id.is_(None),
        deliveries.c.due_at <= database_now_once(),
    )
    .distinct()
)


class SqlRevisionStore:
    """A `RevisionStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def revise(self, messages: Sequence[MessageId], key: KeyId | None, decide: Decision) -> Revised:
        """Change those of a key in one transaction; what `decide` raises ends it.

        Raises `StoreUnavailableError` if workers come and go too fast to be waited for.
        """
        for _ in range(MAX_TRIES):
            revised = self._try(sorted(messages), key, decide)
            if revised is not None:
                return revised
            time.sleep(PAUSE_SECONDS)  # there is no row yet whose lock one could wait for
        raise StoreUnavailableError("the message changes hands too often")

    def _try(
        self, messages: Sequence[MessageId], key: KeyId | None, decide: Decision
    ) -> Revised | None:
        with self._database.writing() as connection:
            stored = lock_and_load(connection, messages)
            if stored is None:
                return None
            own = [each for each in stored.messages if key is None or each.key_id == key]
            decided = [(each, decide(each)) for each in own]
            changed = [(each, revision) for each, revision in decided if revision is not None]
            due = _write(connection, changed, stored.last_parts) if changed else ()
            revisions = tuple((each.id, revision) for each, revision in changed)
            return Revised(len(own), revisions, tuple(due))

    def batch(self, batch: BatchId, key: KeyId | None) -> list[MessageId]:
        """List a batch's messages, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_OF_BATCH, {"batch": batch})
            return [MessageId(row.id) for row in rows if key is None or row.key_id == key]


def _write(
    connection: Connection,
    changed: Sequence[tuple[StoredMessage, Revision]],
    last_parts: Mapping[str, int],
) -> list[Route]:
    wanted = {"ids": [each.id for each, _ in changed]}
    states = [
        {"message_id": each.id, "position": state.position} | write_state(state)
        for each, revision in changed
        for state in revision.states
    ]
    WRITE_STATES.run(connection, states)
    extended = [
        {"message": each.id, "until": revision.expires_at}
        for each, revision in changed
        if revision.expires_at is not None
    ]
    if extended:
        connection.execute(_NEW_LIFETIME, extended)
        connection.execute(_NEW_LIFETIMES_END, extended)
    for each, revision in changed:
        _depart(connection, each, revision, last_parts[each.id])
    connection.execute(END_IDLE, wanted)
    connection.execute(DUE_WITH_THE_FIRST, wanted)
    connection.execute(_REVISED, wanted)
    connection.execute(ROLL_UP, wanted)
    return [Route(row.relay, Lane(row.lane)) for row in connection.execute(_DUE, wanted)]


def _depart(
    connection: Connection, message: StoredMessage, revision: Revision, last_part: int
) -> None:
    rows: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for part, departure in enumerate(revision.departures, last_part + 1):
        moved += [
            {"message": message.id, "place": position, "new_part": part}
            for position in departure.positions
        ]
        rows.append(
            {
                "message_id": message.id,
                "part": part,
                "relay": departure.chosen.route.relay,
                "fallbacks": ",".join(departure.chosen.fallbacks),
                "lane": departure.chosen.route.lane.value,
                "key_id": message.key_id,
                "due_at": message.now,
                "expires_at": revision.expires_at or message.expires_at,
            }
        )
    if rows:
        connection.execute(_NEW_PART, moved)
        _NEW_DELIVERIES.run(connection, rows)
