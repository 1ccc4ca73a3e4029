"""T3 on PostgreSQL in one statement: a transaction of its own, and one round trip.

1. The claim's row is locked before anything else; without it nothing is written.
2. A delivery that the claim no longer holds, or that was revised under it, is
   left as it is, and so is all that hangs on it: each delivery's own row is
   asked again once it is locked, whatever the statement saw when it began.
3. It is not for messages with several deliveries: another worker may settle
   another of them, and this statement would not see it in the message's status.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from pillarbox.domain.ids import ClaimId
from pillarbox.flows.ports.claims import DeliverySettlement, SettleResult
from pillarbox.store.clock import POSTGRESQL_NOW
from pillarbox.store.direct import DirectStatement
from pillarbox.store.rollup import STATUS_OF_RECIPIENTS
from pillarbox.store.states import STATE_COLUMNS, write_attempt, write_state
from pillarbox.store.tables import attempts

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]  # no annotations
_OF_ATTEMPT = [each for each in attempts.c if each.name not in {"message_id", "part"}]
_ATTEMPT = "attempt_"
"""Before the names of an attempt's columns, since recipients have some of the same."""


def _typed(prefix: str, columns: Sequence[Any]) -> str:
    return ", ".join(f"{prefix}{each.name} {each.type.compile(_POSTGRESQL)}" for each in columns)


def _assigned(source: str) -> str:
    return ", ".join(f"{each.name} = {source}.{each.name}" for each in STATE_COLUMNS)


# Each row of `said` is a delivery, its first recipient's state, and its attempt; `more` has the
# other recipients' states. `positions` are those of all of them.
_SETTLE = f"""
WITH own AS MATERIALIZED (SELECT id FROM claims WHERE id = :claim FOR UPDATE),
said AS MATERIALIZED (
    SELECT * FROM json_to_recordset(CAST(:said AS json)) AS s (
        message_id text COLLATE "C", part smallint, due_at timestamptz,
        position smallint, positions smallint[],
        {_typed("", STATE_COLUMNS)}, {_typed(_ATTEMPT, _OF_ATTEMPT)})
),
ended AS (
    DELETE FROM deliveries AS d USING own, said
    WHERE d.message_id = said.message_id AND d.part = said.part AND said.due_at IS NULL
      AND d.claim_id = own.id AND d.revised IS NOT TRUE
    RETURNING said.*
),
again AS (
    UPDATE deliveries AS d SET due_at = said.due_at, claim_id = NULL, claim_place = NULL
    FROM own, said
    WHERE d.message_id = said.message_id AND d.part = said.part AND said.due_at IS NOT NULL
      AND d.claim_id = own.id AND d.revised IS NOT TRUE
    RETURNING said.*
),
settled AS MATERIALIZED (SELECT * FROM ended UNION ALL SELECT * FROM again),
states AS (
    UPDATE recipients AS r SET {_assigned("s")} FROM settled AS s
    WHERE r.message_id = s.message_id AND r.position = s.position
    RETURNING r.message_id, r.part, r.status, r.next_attempt_at
),
further AS (
    UPDATE recipients AS r SET {_assigned("more")}
    FROM settled AS s, json_to_recordset(CAST(:more AS json)) AS more (
        message_id text COLLATE "C", part smallint, position smallint,
        {_typed("", STATE_COLUMNS)})
    WHERE more.message_id = s.message_id AND more.part = s.part
      AND r.message_id = more.message_id AND r.position = more.position
    RETURNING r.message_id, r.part, r.status, r.next_attempt_at
),
written AS (
    INSERT INTO attempts (message_id, part, {", ".join(each.name for each in _OF_ATTEMPT)})
    SELECT message_id, part, {", ".join(_ATTEMPT + each.name for each in _OF_ATTEMPT)}
    FROM settled WHERE {_ATTEMPT}started_at IS NOT NULL
    ON CONFLICT DO NOTHING
),
rolled_up AS (
    UPDATE messages AS m SET status = whole.status
    FROM (
        SELECT message_id, {STATUS_OF_RECIPIENTS} AS status
        FROM (
            SELECT message_id, status, next_attempt_at FROM states
            UNION ALL
            SELECT message_id, status, next_attempt_at FROM further
            UNION ALL
            SELECT r.message_id, r.status, r.next_attempt_at
            FROM settled AS s JOIN recipients AS r
              ON r.message_id = s.message_id AND r.position <> ALL (s.positions)
        ) AS recipients
        GROUP BY message_id
    ) AS whole
    WHERE m.id = whole.message_id
),
found AS MATERIALIZED (
    SELECT (SELECT count(*) FROM settled) AS settled,
           (SELECT count(*) FROM deliveries WHERE claim_id = :claim) AS held
),
closed AS (
    DELETE FROM claims AS c USING own
    WHERE c.id = own.id AND (SELECT settled = held FROM found)
),
begun AS (
    UPDATE claims AS c
    SET data_started_at = coalesce(c.data_started_at, {POSTGRESQL_NOW}),
        data_through = greatest(c.data_through, CAST(:through AS smallint))
    FROM own
    WHERE c.id = own.id AND (SELECT settled < held FROM found)
      AND CAST(:through AS smallint) IS NOT NULL AND c.lease_until > {POSTGRESQL_NOW}
    RETURNING 1
)
SELECT EXISTS (SELECT 1 FROM own) AS held, EXISTS (SELECT 1 FROM begun) AS data_begun,
       settled FROM found
"""  # noqa: S608 - columns' own names

_STATEMENT = DirectStatement(_SETTLE)


def settle_at_once(
    connection: Connection,
    claim: ClaimId,
    settlements: Sequence[DeliverySettlement],
    *,
    begin_data_through: int | None,
) -> tuple[SettleResult, int]:
    """Write what became of deliveries, end or mark the claim, and tell how many were settled.

    The others were not as the claim left them. `connection` commits by itself.
    """
    said: list[dict[str, object]] = []
    more: list[dict[str, object]] = []
    for settlement in settlements:
        row, others = _rows(settlement)
        said.append(row)
        more += others
    parameters = {
        "claim": claim,
        "said": orjson.dumps(said).decode(),
        "more": orjson.dumps(more).decode(),
        "through": begin_data_through,
    }
    ((held, data_begun, settled),) = _STATEMENT.rows(connection, parameters)
    return SettleResult(held=held, data_begun=data_begun), settled


def _rows(settlement: DeliverySettlement) -> tuple[dict[str, object], list[dict[str, object]]]:
    delivery, attempt = settlement.delivery, settlement.attempt
    message_id, part = delivery.message_id, delivery.part
    first, *others = settlement.states
    row = write_state(first)
    row["message_id"], row["part"], row["due_at"] = message_id, part, settlement.due_at
    row["position"] = first.position
    row["positions"] = [state.position for state in settlement.states]
    if attempt is not None:
        for name, value in write_attempt(message_id, part, attempt).items():
            row[_ATTEMPT + name] = value
    return row, [
        {"message_id": message_id, "part": part, "position": state.position} | write_state(state)
        for state in others
    ]
