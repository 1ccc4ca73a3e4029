"""One transaction over one connection, from MAIL to a verdict for each recipient."""

import time
from collections.abc import Callable

from pillarbox.domain.reply import Verb
from workers.smtp.commands import DATA, RSET
from workers.smtp.connection import Connection
from workers.smtp.errors import ConnectionLostError, Fault, FaultCode, LineError
from workers.smtp.ledger import Ledger
from workers.smtp.transaction import Transaction, TransactionResult

_LINE_GAVE_WAY = frozenset({FaultCode.CONNECTION_LOST, FaultCode.PROTOCOL_ERROR})
_ENOUGH = frozenset({421, 452})
"""To the first RCPT they may speak of this connection, like 4yz to MAIL does."""
_MAILBOX = "4.2."
"""Enhanced codes of the recipient's own mailbox (RFC 3463 3.3): no other connection helps."""


def transmit(
    connection: Connection,
    transaction: Transaction,
    may_end: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
) -> TransactionResult:
    """Carry a transaction, in as many rounds as the server's limit on recipients makes of it.

    `may_end` is asked right before each end of data. Never raises for what a
    server does; the connection may be unusable afterwards, and says so in the
    result.
    """
    started = clock()
    facts = connection.facts
    ledger = Ledger(transaction, connection.capabilities)
    fault: Fault | None = None
    try:
        if not ledger.settled:
            connection.check_quiet()
            if connection.needs_reset:
                connection.ask(RSET, ledger)
                connection.settle()
        while not ledger.settled:
            _round(connection, ledger, may_end)
            ledger.finish_round()
            if not connection.usable and ledger.open:
                raise ConnectionLostError("closed before all recipients could be tried")
    except LineError as error:
        fault = error.fault
        ledger.fail(fault, connection.unanswered(), clock())
    if not connection.usable:
        connection.abort()
    if ledger.steps:
        connection.transactions += 1
        connection.carried += ledger.mail_taken
    return TransactionResult(
        transaction=transaction,
        verdicts=ledger.verdicts,
        data_may_have_ended=ledger.data_may_have_ended,
        steps=tuple(ledger.steps),
        connection=facts,
        milliseconds=(clock() - started) * 1_000,
        usable=connection.usable,
        stale=_gave_way(ledger, fault),
    )


def _round(connection: Connection, ledger: Ledger, may_end: Callable[[], bool]) -> None:
    rcpts = ledger.begin_round()
    together = connection.capabilities.pipelining
    if ledger.mail is not None:
        connection.ask(ledger.mail, ledger)
    if not together:
        connection.settle()
        if ledger.mail_refused:
            return
    for place, command in rcpts:
        connection.ask(command, ledger, place)
        if not together:
            connection.settle()
    if together or ledger.taken:
        connection.ask(DATA, ledger)
        connection.settle()
    if not ledger.content_expected or not connection.usable:
        return
    if ledger.taken:
        connection.give_data(ledger.content.blocks(), ledger, ledger.end_begins, barred=True)
    else:  # DATA was taken though no recipient was: a lone dot (RFC 2920 3.1)
        connection.give_data([], ledger, ledger.end_begins, barred=False)
    connection.settle(may_end)


def _gave_way(ledger: Ledger, fault: Fault | None) -> bool:
    """Whether the server took nothing of this message, and the connection may be to blame."""
    if ledger.any_taken or ledger.data_may_have_ended:
        return False
    if ledger.mail_reply is None:
        return fault is not None and fault.code in _LINE_GAVE_WAY
    refusal = ledger.first_refusal
    if refusal is None or refusal.command is Verb.MAIL:
        return refusal is not None and refusal.is_transient
    return refusal.code in _ENOUGH and not (refusal.enhanced or "").startswith(_MAILBOX)
