"""The statements that find what is due, for each database in its own words.

1. Each touches as many index entries as it returns rows and meets keys: never
   the backlog, and never the store ("loose index scan": from one distinct value
   to the next, one descent of the index each).
2. The time is read once in each statement, as a subquery: PostgreSQL's
   `clock_timestamp()` would otherwise bound no index scan.
3. The first of something, and whether there is one, is asked for in the order of
   the index, with a limit. Of EXISTS and of min() PostgreSQL believes what it
   knows of the table: it reads an index whole where one key's message stands
   behind another's backlog, or where the backlog is younger than the last ANALYZE.
   For the same reason the lifetime is asked for in a form that no index serves.
4. Keys are given as JSON: of an array PostgreSQL sees the length, and plans a
   claim anew each time, which takes longer than the claim.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, SmallInteger, String, TextClause, bindparam, text
from sqlalchemy.sql.selectable import TextualSelect
from sqlalchemy.types import TypeEngine

from pillarbox.store.clock import POSTGRESQL_NOW, SQLITE_NOW
from pillarbox.store.direct import HotStatement
from pillarbox.store.heads import POSTGRESQL_HEADS, SQLITE_HEADS

_WAITS = "d.relay = :relay AND d.lane = :lane AND d.claim_id IS NULL"

# The second condition says no more than the first, and is what lets the index be used.
_WAITS_FOR_ANOTHER = f"{_WAITS} AND d.fallbacks = :fallbacks AND d.fallbacks <> ''"

# The different lists of relays that may stand in, of what waits on a route.
_FALLBACKS = """
WITH RECURSIVE found (fallbacks) AS (
    SELECT (SELECT d.fallbacks FROM deliveries AS d
            WHERE {waits} AND d.fallbacks <> '' ORDER BY d.fallbacks LIMIT 1)
    UNION ALL
    SELECT (SELECT d.fallbacks FROM deliveries AS d
            WHERE {waits} AND d.fallbacks <> '' AND d.fallbacks > found.fallbacks
            ORDER BY d.fallbacks LIMIT 1)
    FROM found WHERE found.fallbacks IS NOT NULL
)
SELECT found.fallbacks FROM found WHERE found.fallbacks IS NOT NULL
"""

# The keys of a route that have something due, in order, from one to the next; none if the relay
# is paused: once that order is answered, no later claim passes it.
_DUE_KEYS = """
WITH RECURSIVE found (key_id) AS (
    SELECT (SELECT d.key_id FROM deliveries AS d
            WHERE {waits} AND d.key_id > :after ORDER BY d.key_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.key_id FROM deliveries AS d
            WHERE {waits} AND d.key_id > found.key_id ORDER BY d.key_id LIMIT 1)
    FROM found WHERE found.key_id IS NOT NULL
)
SELECT found.key_id FROM found
WHERE found.key_id IS NOT NULL AND (
    SELECT d.due_at FROM deliveries AS d WHERE {waits} AND d.key_id = found.key_id
    ORDER BY d.due_at LIMIT 1) <= (SELECT {now})
  AND NOT EXISTS (SELECT 1 FROM relay_orders AS o WHERE o.relay = :over AND o.paused)
LIMIT :most
"""

# Whether any of these keys has something due that nobody holds.
_MORE_DUE = """
SELECT EXISTS (
    SELECT 1 FROM {keys} WHERE (
        SELECT 1 FROM deliveries AS d
        WHERE {waits} AND d.key_id = wanted.value
          AND d.due_at <= (SELECT {now}) AND (d.expires_at > (SELECT {now})) IS TRUE
        ORDER BY d.due_at LIMIT 1) = 1)
"""

# In turns: one of each key, the next of each. Who has one message does not stand behind the share
# of who has a million.
_PLACED = """
, ranked AS (
    SELECT message_id, part, due_at,
           row_number() OVER (PARTITION BY key_id ORDER BY due_at, message_id, part) AS turn
    FROM picked
), placed AS (
    SELECT message_id, part,
           row_number() OVER (ORDER BY turn, due_at, message_id, part) - 1 + :first AS place
    FROM ranked
)
UPDATE deliveries SET claim_id = :claim, claim_place = placed.place
FROM placed
WHERE deliveries.message_id = placed.message_id AND deliveries.part = placed.part
RETURNING deliveries.relay, deliveries.lane, deliveries.key_id, deliveries.claim_place
"""

_POSTGRESQL_TAKE = """
WITH picked AS (
    SELECT due.message_id, due.part, due.due_at, wanted.value AS key_id
    FROM {keys} CROSS JOIN LATERAL (
        SELECT d.message_id, d.part, d.due_at FROM deliveries AS d
        WHERE {waits} AND d.key_id = wanted.value
          AND d.due_at <= (SELECT {now}) AND (d.expires_at > (SELECT {now})) IS TRUE
        ORDER BY d.due_at LIMIT :share FOR UPDATE SKIP LOCKED
    ) AS due LIMIT :most
)
"""

# SQLite has no LATERAL; the list in IN is made anew for each key.
_SQLITE_TAKE = """
WITH picked AS (
    SELECT due.message_id, due.part, due.due_at, wanted.value AS key_id
    FROM {keys} CROSS JOIN deliveries AS due
    WHERE due.rowid IN (
        SELECT d.rowid FROM deliveries AS d
        WHERE {waits} AND d.key_id = wanted.value
          AND d.due_at <= (SELECT {now}) AND (d.expires_at > (SELECT {now})) IS TRUE
        ORDER BY d.due_at LIMIT :share)
    LIMIT :most
)
"""

_TAKE_EXPIRED = """
WITH picked AS (
    SELECT d.message_id, d.part, d.due_at, d.key_id FROM deliveries AS d
    WHERE d.claim_id IS NULL AND d.expires_at <= (SELECT {now})
    ORDER BY d.expires_at LIMIT :most {skip_locked}
)
"""

_POSTGRESQL_ROUTES = "\nSELECT relay, lane FROM found WHERE due_at <= (SELECT {now})\n"
_SQLITE_ROUTES = """
SELECT here.relay, here.lane
FROM found JOIN deliveries AS here ON here.rowid = found.place
WHERE here.due_at <= {now}
"""

# From a route that has something due the walk goes on to the next route.
_POSTGRESQL_DUE_ROUTES = (
    POSTGRESQL_HEADS.format(stays="AND found.due_at > (SELECT {now})") + _POSTGRESQL_ROUTES
)
_SQLITE_DUE_ROUTES = SQLITE_HEADS.format(stays="AND here.due_at > {now}", limit="") + _SQLITE_ROUTES


KEY_OF_TAKEN = 2
"""Where the key stands in a row of what was taken: behind relay and lane."""


@dataclass(frozen=True, slots=True)
class ClaimStatements:
    """What a claim is made with, in the words of one database.

    `due_keys` wants relay, lane, over, after, most; `take` relay, lane, keys, share,
    most, claim, and `first`, the place of the first; `more_due` relay, lane, keys; `take_expired`
    most, claim, first. Those for
    what another relay carries want `fallbacks` besides.
    """

    due_keys: HotStatement
    take: HotStatement
    more_due: HotStatement
    take_expired: TextualSelect
    due_routes: TextClause


def _written(
    now: str, keys: str, take: str, skip_locked: str, due_routes: str, *, waits: str = _WAITS
) -> ClaimStatements:
    words = {
        "now": now,
        "waits": waits,
        "keys": keys,
        "skip_locked": skip_locked,
    }
    taken: dict[str, TypeEngine[Any]] = {
        "relay": String(),
        "lane": String(),
        "key_id": String(),
        "claim_place": SmallInteger(),
    }
    numbers = {name: bindparam(name, type_=Integer()) for name in ("most", "share", "first")}
    return ClaimStatements(
        due_keys=HotStatement(
            text(_DUE_KEYS.format(**words)).bindparams(numbers["most"]).columns(key_id=String())
        ),
        take=HotStatement(
            text(take.format(**words) + _PLACED)
            .bindparams(numbers["share"], numbers["most"], numbers["first"])
            .columns(**taken)
        ),
        more_due=HotStatement(text(_MORE_DUE.format(**words))),
        take_expired=text(_TAKE_EXPIRED.format(**words) + _PLACED)
        .bindparams(numbers["most"], numbers["first"])
        .columns(**taken),
        due_routes=text(due_routes.format(**words)),
    )


_POSTGRESQL = (
    POSTGRESQL_NOW,
    "json_array_elements_text(CAST(:keys AS json)) AS wanted (value)",
    _POSTGRESQL_TAKE,
    "FOR UPDATE SKIP LOCKED",
    _POSTGRESQL_DUE_ROUTES,
)
_SQLITE = (SQLITE_NOW, "json_each(:keys) AS wanted", _SQLITE_TAKE, "", _SQLITE_DUE_ROUTES)

STATEMENTS = {"postgresql": _written(*_POSTGRESQL), "sqlite": _written(*_SQLITE)}
"""By the name of the dialect; `keys` is a JSON list."""

FOR_ANOTHER = {
    "postgresql": _written(*_POSTGRESQL, waits=_WAITS_FOR_ANOTHER),
    "sqlite": _written(*_SQLITE, waits=_WAITS_FOR_ANOTHER),
}
"""The same for what another relay carries."""

FALLBACKS = text(_FALLBACKS.format(waits=_WAITS))
"""Wants relay and lane; the same on both."""
