"""What is done to one claim's row, by its id: lock, mark, end."""

from sqlalchemy import bindparam, case, delete, func, select, update

from pillarbox.store.clock import database_now
from pillarbox.store.direct import HotStatement
from pillarbox.store.tables import claims

_OWN = claims.c.id == bindparam("claim")
_THROUGH = bindparam("through", type_=claims.c.data_through.type)

LOCK_CLAIM = HotStatement(select(claims.c.id).where(_OWN).with_for_update())
"""Goes before every change of what the claim holds; no row means that it is over."""

END_CLAIM = HotStatement(delete(claims).where(_OWN))

BEGIN_DATA = HotStatement(
    update(claims)
    .where(_OWN, claims.c.lease_until > database_now())
    .values(
        data_started_at=func.coalesce(claims.c.data_started_at, database_now()),
        data_through=case(
            (claims.c.data_through > _THROUGH, claims.c.data_through), else_=_THROUGH
        ),
    )
    .returning(claims.c.id)
)
"""One compare-and-set, whose row says that it was set: none once the lease has run out."""
