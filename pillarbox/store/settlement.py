"""T3: what became of deliveries, written under the claim that holds them.

1. The claim's row is locked first; without it nothing is written. What it
   holds is read in the next statement, whose snapshot begins after the lock.
2. A delivery that the claim no longer holds was settled before, by a try whose
   answer was lost: it is left as it is.
3. A delivery whose message a caller has revised is due by what its recipients
   say in the database, not by what the worker knew of them.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, null, select

from pillarbox.domain.ids import ClaimId
from pillarbox.flows.ports.claims import DeliverySettlement, SettleResult
from pillarbox.store.bulk import BulkDelete, BulkInsert, BulkTogether, BulkUpdate
from pillarbox.store.claim_rows import BEGIN_DATA, END_CLAIM, LOCK_CLAIM
from pillarbox.store.direct import HotStatement
from pillarbox.store.engine import Database
from pillarbox.store.rollup import LOCK_MESSAGES, ROLL_UP
from pillarbox.store.settlement_at_once import settle_at_once
from pillarbox.store.states import STATE_COLUMNS, write_attempt, write_state
from pillarbox.store.tables import attempts, deliveries, recipients
from pillarbox.store.waiting import END_HELD, LET_GO

_HELD = HotStatement(
    select(deliveries.c.message_id, deliveries.c.part, deliveries.c.revised).where(
        deliveries.c.claim_id == bindparam("claim")
    )
)
WRITE_STATES = BulkUpdate(
    recipients,
    matched=(recipients.c.message_id, recipients.c.position),
    changed=STATE_COLUMNS,
)
_ENDED = BulkDelete(deliveries, deliveries.c.message_id, deliveries.c.part)
_DUE_AGAIN = BulkUpdate(
    deliveries,
    matched=(deliveries.c.message_id, deliveries.c.part),
    changed=(deliveries.c.due_at,),
    fixed={"claim_id": null(), "claim_place": null()},
)
_ATTEMPTS = BulkInsert(attempts, *attempts.c, keep_existing=True)
_TABLES = BulkTogether(WRITE_STATES, _ENDED, _DUE_AGAIN, _ATTEMPTS)


class Settlement:
    """Writes what became of deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settle(
        self,
        claim: ClaimId,
        settlements: Sequence[DeliverySettlement],
        *,
        begin_data_through: int | None,
    ) -> SettleResult:
        """Write everything if the claim is still there, else nothing.

        In one transaction; on PostgreSQL in one statement, but for deliveries
        that are not as the claim left them.
        """
        if not self._database.is_sqlite and not any(each.delivery.part for each in settlements):
            with self._database.writing_once() as connection:
                result, settled = settle_at_once(
                    connection, claim, settlements, begin_data_through=begin_data_through
                )
            if not result.held or settled == len(settlements):
                return result
        return self._settle(claim, settlements, begin_data_through)

    def _settle(
        self,
        claim: ClaimId,
        settlements: Sequence[DeliverySettlement],
        begin_data_through: int | None,
    ) -> SettleResult:
        with self._database.writing() as connection:
            if not LOCK_CLAIM.rows(connection, {"claim": claim}):
                return SettleResult(held=False, data_begun=False)
            held = {
                (message_id, part): bool(revised)
                for message_id, part, revised in _HELD.rows(connection, {"claim": claim})
            }
            own = {_name(each): each for each in settlements if _name(each) in held}
            if own:
                _write(connection, claim, [(each, held[name]) for name, each in own.items()])
            if len(own) == len(held):
                END_CLAIM.rows(connection, {"claim": claim})
                return SettleResult(held=True, data_begun=False)
            begun = begin_data_through is not None and _begin(connection, claim, begin_data_through)
            return SettleResult(held=True, data_begun=begun)


def _write(
    connection: Connection, claim: ClaimId, held: Sequence[tuple[DeliverySettlement, bool]]
) -> None:
    settlements = [each for each, _ in held]
    plain = [each for each, revised in held if not revised]
    revised = [each for each, revised in held if revised]
    ids = sorted({each.delivery.message_id for each in settlements})
    shared = {each.delivery.message_id for each in settlements if each.delivery.part}
    shared |= {each.delivery.message_id for each in revised}
    if shared and connection.dialect.name == "postgresql":
        connection.execute(LOCK_MESSAGES, {"ids": sorted(shared)})
    rows = (
        [
            {"message_id": each.delivery.message_id, "position": state.position}
            | write_state(state)
            for each in settlements
            for state in each.states
        ],
        [_row(each) for each in plain if each.due_at is None],
        [_row(each) | {"due_at": each.due_at} for each in plain if each.due_at is not None],
        [
            write_attempt(each.delivery.message_id, each.delivery.part, each.attempt)
            for each in settlements
            if each.attempt is not None
        ],
    )
    _TABLES.run(connection, rows)
    if revised:
        _let_go(connection, claim, revised)
    connection.execute(ROLL_UP, {"ids": ids})


def _let_go(
    connection: Connection, claim: ClaimId, settlements: Sequence[DeliverySettlement]
) -> None:
    """End deliveries, or let them be due again, by what their recipients say now."""
    names = [
        {"message": each.delivery.message_id, "place": each.delivery.part, "claim": claim}
        for each in settlements
    ]
    connection.execute(END_HELD, names)
    connection.execute(LET_GO, names)


def _begin(connection: Connection, claim: ClaimId, through: int) -> bool:
    return bool(BEGIN_DATA.rows(connection, {"claim": claim, "through": through}))


def _name(settlement: DeliverySettlement) -> tuple[str, int]:
    return settlement.delivery.message_id, settlement.delivery.part


def _row(settlement: DeliverySettlement) -> dict[str, object]:
    return {"message_id": settlement.delivery.message_id, "part": settlement.delivery.part}
