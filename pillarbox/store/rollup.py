"""The status of messages from that of their recipients, in SQL made from `MESSAGE_RULES`."""

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from pillarbox.domain.status import MESSAGE_RULES, MessageRule, MessageStatus, Quantifier, Standing
from pillarbox.store.clock import database_now_once
from pillarbox.store.listed import among
from pillarbox.store.tables import messages, recipients


def _stands(standing: Standing) -> ColumnElement[bool]:
    following = recipients.c.next_attempt_at
    scheduled = following.is_not(None) if standing.scheduled else following.is_(None)
    return and_(recipients.c.status == standing.status.value, scheduled)


def _fits(rule: MessageRule) -> ColumnElement[bool]:
    stands = or_(*(_stands(each) for each in sorted(rule.standings, key=repr)))
    counted = case((stands, 1), else_=0)
    over_all = func.max if rule.quantifier is Quantifier.ANY else func.min
    return over_all(counted) == 1


_status = case(
    *((_fits(rule), rule.status.value) for rule in MESSAGE_RULES),
    else_=MessageStatus.FAILED.value,
)

STATUS_OF_RECIPIENTS = str(
    _status.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]  # no annotations
        compile_kwargs={"literal_binds": True},
    )
)
"""PostgreSQL's expression for a message's status, over what is named `recipients`, grouped."""

_rolled_up = select(_status).where(recipients.c.message_id == messages.c.id).scalar_subquery()

ROLL_UP = update(messages).where(among(messages.c.id, "ids")).values(status=_rolled_up)
"""Gives the messages `ids` the status that their recipients make."""

LOCK_MESSAGES = (
    select(messages.c.id)
    .where(among(messages.c.id, "ids"))
    .order_by(messages.c.id)
    .with_for_update(key_share=True)
)
"""Goes before the rest where two workers may settle parts of one message at the same time.

The second then counts what the first has written, since its statement begins after the lock.
"""

_IS_SCHEDULED = messages.c.status == literal(MessageStatus.SCHEDULED.value, literal_execute=True)
"""In the words of the index: a partial one serves only what is known when it is planned."""

_COME = (
    select(messages.c.id)
    .where(_IS_SCHEDULED, messages.c.send_at <= database_now_once())
    .order_by(messages.c.send_at)
    .limit(bindparam("limit", type_=Integer()))
    .with_for_update(key_share=True, skip_locked=True)
    .cte("come")
)
# A CTE, and not IN with a subquery: PostgreSQL may run that again for each row, past its limit.
QUEUE_SCHEDULED = (
    update(messages)
    .where(messages.c.id == _COME.c.id, _IS_SCHEDULED)
    .values(status=MessageStatus.QUEUED.value)
    .returning(messages.c.id)
)
"""Lets those whose `send_at` has come be `queued`, at most `limit` of them, and names them."""
