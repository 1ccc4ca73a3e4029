from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from pillarbox.flows.ports.relays import RelayOrder
from pillarbox.store.clock import database_now
from pillarbox.store.engine import Database
from pillarbox.store.tables import relay_orders

_ALL = select(relay_orders)
_VALUES = {
    "relay": bindparam("relay"),
    "paused": bindparam("paused"),
    "ordered_at": database_now(),
}
_CHANGED = {"paused": bindparam("paused"), "ordered_at": database_now()}
_ORDER = {
    "postgresql": postgresql.insert(relay_orders)
    .values(_VALUES)
    .on_conflict_do_update(index_elements=[relay_orders.c.relay], set_=_CHANGED),
    "sqlite": sqlite.insert(relay_orders)
    .values(_VALUES)
    .on_conflict_do_update(index_elements=[relay_orders.c.relay], set_=_CHANGED),
}


class SqlRelayOrders:
    """`RelayOrders` in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def orders(self) -> dict[str, RelayOrder]:
        """Every order, by the relay's name."""
        with self._database.reading() as connection:
            return {
                row.relay: RelayOrder(row.paused, row.ordered_at)
                for row in connection.execute(_ALL)
            }

    def order(self, relay: str, *, paused: bool) -> None:
        """Pause a relay or resume it; a repeated order is a new one."""
        with self._database.writing() as connection:
            connection.execute(_ORDER[connection.dialect.name], {"relay": relay, "paused": paused})
