"""T2: claims, their leases and their marks.

1. Whoever changes what a claim holds locks the claim's row first, in a
   statement of its own; so what the next statement sees is what it holds.
2. Nobody but the claim's owner and whoever takes it over after its lease
   changes a delivery that it holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, null, select, update
from sqlalchemy import Row as SqlRow

from pillarbox.domain.ids import ClaimId, MessageId
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Content, Route
from pillarbox.flows.ports.claims import Claim, DeliverySettlement, Errand, SettleResult
from pillarbox.store.claim_rows import BEGIN_DATA, END_CLAIM, LOCK_CLAIM
from pillarbox.store.claim_statements import FALLBACKS, FOR_ANOTHER, STATEMENTS
from pillarbox.store.claimed import load_deliveries
from pillarbox.store.clock import database_now, database_now_once, lease_end
from pillarbox.store.contents import load_contents
from pillarbox.store.direct import HotStatement
from pillarbox.store.engine import Database
from pillarbox.store.ids import new_claim_id
from pillarbox.store.listed import among
from pillarbox.store.rollup import QUEUE_SCHEDULED
from pillarbox.store.settlement import Settlement
from pillarbox.store.shares import Rounds, Shares
from pillarbox.store.tables import claims, deliveries

_ALL_TIME = datetime(9999, 12, 31, tzinfo=UTC)
"""An expired delivery is claimed with all its recipients, whenever they were due."""

_OPEN = HotStatement(
    insert(claims)
    .values(
        **{name: bindparam(name) for name in ("id", "worker", "relay", "lane")},
        claimed_at=database_now(),
        due_by=database_now(),
        lease_until=lease_end(),
    )
    .returning(claims.c.claimed_at, claims.c.due_by)
)
_OPEN_AS = (
    insert(claims)
    .values(
        claimed_at=database_now(),
        due_by=bindparam("due_by", type_=claims.c.due_by.type),
        lease_until=lease_end(),
    )
    .returning(claims.c.claimed_at, claims.c.due_by)
)
_RENEW = (
    update(claims)
    .where(among(claims.c.id, "ids"), claims.c.lease_until > database_now())
    .values(lease_until=lease_end())
    .returning(claims.c.id)
)
_DEAD = (
    select(claims)
    .where(claims.c.lease_until <= database_now_once())
    .order_by(claims.c.lease_until)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_MOVE = (
    update(deliveries)
    .where(deliveries.c.claim_id == bindparam("claim"))
    .values(claim_id=bindparam("new_claim"))
)
_RELEASE = (
    update(deliveries)
    .where(deliveries.c.claim_id == bindparam("claim"))
    .values(claim_id=null(), claim_place=null())
)


class SqlClaimStore:
    """A `ClaimStore` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settlement = Settlement(database)
        dialect = "sqlite" if database.is_sqlite else "postgresql"
        self._statements, self._for_another = STATEMENTS[dialect], FOR_ANOTHER[dialect]
        self._rounds = Rounds()

    def claim(self, errand: Errand, *, worker: str, lease: timedelta, limit: int) -> Claim | None:
        """Claim due deliveries of an errand, at most `limit`, an equal share for each key."""
        own = errand.over == errand.route.relay
        statements = self._statements if own else self._for_another
        wanted: dict[str, Any] = {"relay": errand.route.relay, "lane": errand.route.lane.value}
        if not own:
            wanted["fallbacks"] = ",".join(errand.fallbacks)
        with self._database.writing() as connection:
            keys = self._rounds.next(connection, errand, statements, wanted, limit)
            claim = new_claim_id()
            shares = Shares(connection, statements, wanted | {"claim": claim})
            more = shares.take(keys, limit)
            if not shares.taken:
                return None
            carried = Route(errand.over, errand.route.lane)
            opened = _open(connection, claim, _Owner(worker, lease), carried, {})
            return _loaded(connection, claim, carried, opened, more=more)

    def fallbacks(self, route: Route) -> list[tuple[str, ...]]:
        """List the different relays that may stand in for what waits on a route."""
        wanted = {"relay": route.relay, "lane": route.lane.value}
        with self._database.reading() as connection:
            return [tuple(each.split(",")) for each in connection.scalars(FALLBACKS, wanted)]

    def contents(self, ids: Sequence[MessageId]) -> dict[MessageId, Content]:
        """Load what the bytes of these messages are made from; without those that are no more."""
        with self._database.reading_once() as connection:
            return load_contents(connection, ids)

    def begin_data(self, claim: ClaimId, through: int) -> bool:
        """Mark that the data of places up to `through` may end; False if the lease is gone."""
        with self._database.writing_once() as connection:
            return bool(BEGIN_DATA.rows(connection, {"claim": claim, "through": through}))

    def renew(self, claims: Sequence[ClaimId], lease: timedelta) -> set[ClaimId]:
        """Extend the leases that have not run out, and return those."""
        wanted = {"ids": list(claims), "lease": lease.total_seconds()}
        with self._database.writing_once() as connection:
            return {ClaimId(each) for each in connection.scalars(_RENEW, wanted)}

    def settle(
        self,
        claim: ClaimId,
        deliveries: Sequence[DeliverySettlement],
        *,
        begin_data_through: int | None = None,
    ) -> SettleResult:
        """Write what became of deliveries, fenced by the claim; mark the next group with it."""
        return self._settlement.settle(claim, deliveries, begin_data_through=begin_data_through)

    def hand_back(self, claim: ClaimId) -> None:
        """End a claim: what it still holds is as it was before, and due."""
        with self._database.writing() as connection:
            if LOCK_CLAIM.rows(connection, {"claim": claim}):
                connection.execute(_RELEASE, {"claim": claim})
                END_CLAIM.rows(connection, {"claim": claim})

    def take_over(self, *, worker: str, lease: timedelta) -> Claim | None:
        """Move what a dead claim (its lease ran out) still holds into a claim of one's own."""
        with self._database.writing() as connection:
            while (dead := connection.execute(_DEAD).one_or_none()) is not None:
                claim = _move(connection, dead, _Owner(worker, lease))
                if claim is not None:
                    return claim
        return None

    def claim_expired(self, *, worker: str, lease: timedelta, limit: int) -> Claim | None:
        """Claim deliveries of any route whose lifetime has passed; `route` is then the first's."""
        claim = new_claim_id()
        with self._database.writing() as connection:
            taken = connection.execute(
                self._statements.take_expired, {"most": limit, "claim": claim, "first": 0}
            ).all()
            if not taken:
                return None
            first = min(taken, key=lambda row: row.claim_place)
            route = Route(first.relay, Lane(first.lane))
            opened = _open(connection, claim, _Owner(worker, lease), route, {"due_by": _ALL_TIME})
            return _loaded(connection, claim, route, opened, more=len(taken) == limit)

    def queue_scheduled(self, limit: int) -> int:
        """Let messages whose `send_at` has come be `queued`; how many there were."""
        with self._database.writing() as connection:
            return len(connection.execute(QUEUE_SCHEDULED, {"limit": limit}).all())

    def due_routes(self) -> list[Route]:
        """Every route with something due that nobody holds."""
        with self._database.reading() as connection:
            rows = connection.execute(self._statements.due_routes).all()
        return [Route(row.relay, Lane(row.lane)) for row in rows]


@dataclass(frozen=True, slots=True)
class _Owner:
    """Who holds a claim, and for how long before it must be renewed."""

    worker: str
    lease: timedelta


def _move(connection: Connection, dead: SqlRow[Any], owner: _Owner) -> Claim | None:
    """Hold what a dead claim held; None, and the dead claim is gone, if that was nothing."""
    claim = new_claim_id()
    moved = connection.execute(_MOVE, {"claim": dead.id, "new_claim": claim})
    END_CLAIM.rows(connection, {"claim": dead.id})
    if not moved.rowcount:
        return None
    route = Route(dead.relay, Lane(dead.lane))
    further = {
        "due_by": dead.due_by,
        "data_started_at": dead.data_started_at,
        "data_through": dead.data_through,
    }
    opened = _open(connection, claim, owner, route, further)
    return _loaded(connection, claim, route, opened, more=False, data_through=dead.data_through)


def _open(
    connection: Connection, claim: ClaimId, owner: _Owner, route: Route, further: dict[str, Any]
) -> Sequence[Any]:
    """Open a claim, and return when that was and by when what it holds was due."""
    values = {
        "id": claim,
        "worker": owner.worker,
        "relay": route.relay,
        "lane": route.lane.value,
        "lease": owner.lease.total_seconds(),
    }
    if further:
        return connection.execute(_OPEN_AS, values | further).one()
    [opened] = _OPEN.rows(connection, values)
    return opened


def _loaded(
    connection: Connection,
    claim: ClaimId,
    route: Route,
    opened: Sequence[Any],
    *,
    more: bool,
    data_through: int | None = None,
) -> Claim:
    claimed_at, due_by = opened
    return Claim(
        id=claim,
        route=route,
        claimed_at=claimed_at,
        deliveries=load_deliveries(connection, claim, due_by),
        more=more,
        data_through=data_through,
    )
