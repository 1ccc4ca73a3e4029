"""The walk from head to head: the first in the index of what waits, for each route and key.

1. One descent of the index for each head, however much waits behind it.
2. Three steps and not one comparison of rows: of that the index serves only the
   first column.
3. Each is the beginning of a statement, whose rows are called `found`: relay, lane,
   key_id and due_at on PostgreSQL, the `place` (rowid) of the delivery on SQLite,
   where none is null. `{stays}` is when the walk goes on with the route's next key
   at all; `{limit}`, on SQLite, ends it.
"""

POSTGRESQL_HEADS = """
WITH RECURSIVE found AS (
    (SELECT d.relay, d.lane, d.key_id, d.due_at FROM deliveries AS d
     WHERE d.claim_id IS NULL ORDER BY d.relay, d.lane, d.key_id, d.due_at LIMIT 1)
    UNION ALL
    SELECT following.relay, following.lane, following.key_id, following.due_at
    FROM found CROSS JOIN LATERAL (
        (SELECT d.relay, d.lane, d.key_id, d.due_at FROM deliveries AS d
         WHERE d.claim_id IS NULL AND d.relay = found.relay AND d.lane = found.lane
           {stays} AND d.key_id > found.key_id
         ORDER BY d.key_id, d.due_at LIMIT 1)
        UNION ALL
        (SELECT d.relay, d.lane, d.key_id, d.due_at FROM deliveries AS d
         WHERE d.claim_id IS NULL AND d.relay = found.relay AND d.lane > found.lane
         ORDER BY d.lane, d.key_id, d.due_at LIMIT 1)
        UNION ALL
        (SELECT d.relay, d.lane, d.key_id, d.due_at FROM deliveries AS d
         WHERE d.claim_id IS NULL AND d.relay > found.relay
         ORDER BY d.relay, d.lane, d.key_id, d.due_at LIMIT 1)
        ORDER BY relay, lane, key_id LIMIT 1
    ) AS following
)"""

SQLITE_HEADS = """
WITH RECURSIVE found (place) AS (
    SELECT (SELECT d.rowid FROM deliveries AS d WHERE d.claim_id IS NULL
            ORDER BY d.relay, d.lane, d.key_id, d.due_at LIMIT 1)
    UNION ALL
    SELECT coalesce(
        (SELECT d.rowid FROM deliveries AS d
         WHERE d.claim_id IS NULL AND d.relay = here.relay AND d.lane = here.lane
           {stays} AND d.key_id > here.key_id
         ORDER BY d.key_id, d.due_at LIMIT 1),
        (SELECT d.rowid FROM deliveries AS d
         WHERE d.claim_id IS NULL AND d.relay = here.relay AND d.lane > here.lane
         ORDER BY d.lane, d.key_id, d.due_at LIMIT 1),
        (SELECT d.rowid FROM deliveries AS d
         WHERE d.claim_id IS NULL AND d.relay > here.relay
         ORDER BY d.relay, d.lane, d.key_id, d.due_at LIMIT 1))
    FROM found JOIN deliveries AS here ON here.rowid = found.place
    {limit}
)"""
