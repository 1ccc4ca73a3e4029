"""What should be gone by now; asked by people and probes, not on the way of a message."""

from dataclasses import dataclass

from sqlalchemy import func, select

from pillarbox.store.clock import database_now, database_now_once
from pillarbox.store.engine import Database
from pillarbox.store.tables import claims, deliveries, relay_orders

_PAUSED = select(relay_orders.c.relay).where(relay_orders.c.paused)
# Reads the partial index of what waits from end to end: as long as the backlog.
_DUE = select(
    func.count(), func.min(deliveries.c.due_at, type_=deliveries.c.due_at.type), database_now()
).where(
    deliveries.c.claim_id.is_(None),
    deliveries.c.due_at <= database_now_once(),
    deliveries.c.relay.not_in(_PAUSED),
)
_DEAD = select(
    func.count(), func.min(claims.c.lease_until, type_=claims.c.lease_until.type), database_now()
).where(claims.c.lease_until <= database_now_once())


@dataclass(frozen=True, slots=True)
class Overdue:
    """What is due and nobody holds, but for paused relays; claims whose lease has run out."""

    due: int
    oldest_seconds: float
    dead_claims: int
    dead_seconds: float


def overdue(database: Database) -> Overdue:
    """Count what is overdue, on the database's clock."""
    with database.reading() as connection:
        due, oldest, now = connection.execute(_DUE).one()
        dead, ended, later = connection.execute(_DEAD).one()
    return Overdue(
        due,
        (now - oldest).total_seconds() if due else 0.0,
        dead,
        (later - ended).total_seconds() if dead else 0.0,
    )
