"""What is due and in nobody's hands, by lane: read now and then, and cheap however much waits.

1. The oldest is found by one descent of the index for each key with something
   waiting on a route, for at most `MAX_HEADS` of them.
2. Depth is counted in the index alone, and no further than `MAX_COUNTED` a lane.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Integer, Row, String, bindparam, text

from pillarbox.domain.backlog import LaneBacklog
from pillarbox.domain.lane import Lane
from pillarbox.store.clock import POSTGRESQL_NOW, SQLITE_NOW
from pillarbox.store.engine import Database
from pillarbox.store.heads import POSTGRESQL_HEADS, SQLITE_HEADS
from pillarbox.store.types import Instant

MAX_HEADS = 2_000
"""Keys that wait on routes, high lanes first: so many take tens of milliseconds."""
MAX_COUNTED = 1_000
"""Messages of a lane: beyond it an operator wants the age, and not a number. Of each entry of the
index PostgreSQL may have to read the row, 25 µs of a table that is not in its memory."""

_POSTGRESQL_OVERDUE = """
, heads AS (SELECT relay, lane, key_id, due_at FROM found LIMIT :most)
SELECT relay, lane, key_id, due_at, (SELECT {now}) AS now FROM heads
WHERE due_at <= (SELECT {now})
"""

_SQLITE_OVERDUE = """
SELECT here.relay, here.lane, here.key_id, here.due_at, {now} AS now
FROM found JOIN deliveries AS here ON here.rowid = found.place
WHERE here.due_at <= {now}
"""

_POSTGRESQL_HEADS = POSTGRESQL_HEADS.format(stays="") + _POSTGRESQL_OVERDUE
_SQLITE_HEADS = SQLITE_HEADS.format(stays="", limit="LIMIT :most") + _SQLITE_OVERDUE

_POSTGRESQL_COUNT = """
SELECT count(*) FROM (
    SELECT 1 FROM json_array_elements(CAST(:heads AS json)) AS head (value)
    CROSS JOIN LATERAL (
        SELECT 1 FROM deliveries AS d
        WHERE d.claim_id IS NULL AND d.relay = head.value->>0 AND d.lane = :lane
          AND d.key_id = head.value->>1 AND d.due_at <= (SELECT {now})
        ORDER BY d.due_at LIMIT :most) AS due
    LIMIT :most) AS counted
"""

_SQLITE_COUNT = """
SELECT count(*) FROM (
    SELECT 1 FROM json_each(:heads) AS head CROSS JOIN deliveries AS d
    WHERE d.claim_id IS NULL AND d.relay = json_extract(head.value, '$[0]') AND d.lane = :lane
      AND d.key_id = json_extract(head.value, '$[1]') AND d.due_at <= {now}
    LIMIT :most) AS counted
"""

_MOST = bindparam("most", type_=Integer())


class SqlBacklog:
    """Looks at what waits, in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        now = SQLITE_NOW if database.is_sqlite else POSTGRESQL_NOW
        heads = _SQLITE_HEADS if database.is_sqlite else _POSTGRESQL_HEADS
        count = _SQLITE_COUNT if database.is_sqlite else _POSTGRESQL_COUNT
        self._heads = (
            text(heads.format(now=now))
            .bindparams(_MOST)
            .columns(relay=String(), lane=String(), key_id=String(), due_at=Instant, now=Instant)
        )
        self._count = text(count.format(now=now)).bindparams(_MOST)

    def look(self) -> dict[Lane, LaneBacklog]:
        """Tell what waits in every lane; raises `StoreUnavailableError`."""
        by_lane: dict[str, list[Row[Any]]] = defaultdict(list)
        with self._database.reading() as connection:
            for head in connection.execute(self._heads, {"most": MAX_HEADS}):
                by_lane[head.lane].append(head)
            counted = {
                lane: connection.scalar(
                    self._count, {"heads": _places(heads), "lane": lane, "most": MAX_COUNTED}
                )
                for lane, heads in by_lane.items()
            }
        return {lane: LaneBacklog(_oldest(by_lane[lane]), counted.get(lane) or 0) for lane in Lane}


def _places(heads: Sequence[Row[Any]]) -> str:
    return orjson.dumps([(head.relay, head.key_id) for head in heads]).decode()


def _oldest(heads: Sequence[Row[Any]]) -> timedelta | None:
    if not heads:
        return None
    first: datetime = min(head.due_at for head in heads)
    now: datetime = heads[0].now
    return max(now - first, timedelta(0))
