"""Transactions over one connection, from MAIL to a verdict for each recipient."""

from collections.abc import Sequence
from typing import Final, cast

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.chunks import carry_in_chunks
from workers.smtp.connection import Connection
from workers.smtp.envelope import envelope_for
from workers.smtp.errors import ConnectionLostError, Fault, FaultCode, LineError, OutOfStepError
from workers.smtp.ledger import Ledger
from workers.smtp.rounds import MayEnd, carry_overlapping, carry_step_by_step
from workers.smtp.transaction import (
    Illiterate,
    RefusalReader,
    Transaction,
    TransactionResult,
    Verdict,
)

_ILLITERATE: Final = Illiterate()
_LINE_GAVE_WAY = frozenset({FaultCode.CONNECTION_LOST, FaultCode.PROTOCOL_ERROR})
_ENOUGH = frozenset({421, 452})
"""To the first RCPT they may speak of this connection, like 4yz to MAIL does."""
_MAILBOX = "4.2."
"""Enhanced codes of the recipient's own mailbox (RFC 3463 3.3): no other connection helps."""


def transmit(
    connection: Connection, transaction: Transaction, may_end: MayEnd
) -> TransactionResult:
    """Carry one transaction; see `transmit_all`."""
    return transmit_all(connection, [transaction], may_end)[0]


def transmit_all(
    connection: Connection,
    transactions: Sequence[Transaction],
    may_end: MayEnd,
    reader: RefusalReader = _ILLITERATE,
) -> list[TransactionResult]:
    """Carry transactions, each in as many rounds as the server's limit on recipients makes of it.

    `may_end` is asked before every end of data, or group of them. Never raises
    for what a server does; the connection may be unusable afterwards, and says
    so in the results: one for each transaction in order, up to the first of
    which nothing is known. What is left out costs nothing
    to offer again. There is one result at least.
    """
    began = connection.clock()
    capabilities = connection.capabilities
    ledgers = [Ledger(each, envelope_for(each, capabilities)) for each in transactions]
    live = [ledger for ledger in ledgers if not ledger.settled]
    fault: Fault | None = None
    if live:
        try:
            connection.check_quiet()
            _carry(connection, live, may_end)
        except LineError as error:
            fault = error.fault
            # Behind a 354 of its own, which nothing else is answered with, a verdict is believed.
            in_step = not (connection.chunks and isinstance(error, OutOfStepError))
            _fail(connection, live, fault, in_step=in_step)
        if not connection.usable:
            connection.abort()
    results = _results(connection, ledgers, began, fault, reader)
    for ledger in ledgers:
        ledger.forget()
    return results


def _carry(connection: Connection, live: Sequence[Ledger], may_end: MayEnd) -> None:
    carried = list(live)
    while carried:
        connection.rounds += len(carried)
        if not connection.capabilities.pipelining:
            for ledger in carried:
                carry_step_by_step(connection, ledger, may_end)
        elif connection.chunks:
            carry_in_chunks(connection, carried, may_end)
        else:
            carry_overlapping(connection, carried, may_end)
        carried = [ledger for ledger in carried if not ledger.settled]
        if carried and not connection.usable:
            raise ConnectionLostError("closed before all recipients could be tried")
        carried = _within_limit(connection, carried)


def _within_limit(connection: Connection, carried: list[Ledger]) -> list[Ledger]:
    """Return those whose next round the session may still begin (RFC 9422).

    Of the others the open recipients wait for another session: a server may answer
    one MAIL too many with 5yz, which would bounce them.
    """
    most = connection.capabilities.mail_max
    if most is None:
        return carried
    room = max(0, most - connection.rounds)
    for ledger in carried[room:]:
        detail = f"the relay takes {most} transactions in a session, and it has had them"
        ledger.leave(Fault(FaultCode.CONNECTION_LOST, detail))
    return carried[:room]


def _fail(connection: Connection, live: Sequence[Ledger], fault: Fault, *, in_step: bool) -> None:
    """Close, and enter what that means.

    Not `in_step`: of those that were under way no reply is believed.

    It is the end of the first that has no verdict, whatever is known of it, but
    if the last reply to another one had announced it. Of those behind, nothing
    is said if nothing is known.
    """
    connection.abort()
    handed, dismissed, announced = connection.handed, connection.dismissed, connection.announced
    now = connection.clock()
    for ledger in live:
        if not (in_step or ledger.settled):
            ledger.doubt(fault, handed)
        ledger.finish_round(handed)
        if not ledger.settled:
            behind = announced and ledger is not live[0]
            ledger.fail(fault, handed, now, dismissed=dismissed, behind=behind)
            announced = True


def _results(
    connection: Connection,
    ledgers: Sequence[Ledger],
    began: float,
    fault: Fault | None,
    reader: RefusalReader,
) -> list[TransactionResult]:
    results: list[TransactionResult] = []
    ended = connection.clock()
    usable = connection.usable
    facts = connection.facts
    for ledger in ledgers:
        if ledger.any_taken and ledger.mail_refused:
            _spare_rest(ledger, reader)
        verdicts = ledger.verdicts
        if None in verdicts:
            break
        start = began if ledger.began_at is None else ledger.began_at
        end = ended if ledger.last_heard_at is None else ledger.last_heard_at
        results.append(
            TransactionResult(
                ledger.transaction,
                cast("tuple[Verdict, ...]", tuple(verdicts)),
                ledger.data_may_have_ended,
                tuple(ledger.steps),
                facts,
                (end - start) * 1_000,
                usable,
                not ledger.any_taken and _gave_way(connection, ledger, fault, reader),
            )
        )
        if ledger.steps:
            connection.transactions += 1
            connection.carried += ledger.mail_taken
            if not facts.reused:
                facts = connection.facts
    return results


def _gave_way(
    connection: Connection, ledger: Ledger, fault: Fault | None, reader: RefusalReader
) -> bool:
    """Whether the server took nothing of this message, and the connection may be to blame."""
    if ledger.refused_here or ledger.data_may_have_ended:
        return False
    if ledger.mail_reply is None:
        gave_way = fault is not None and fault.code in _LINE_GAVE_WAY
    else:
        gave_way = _has_enough(ledger.first_refusal, reader)
    proven = connection.carried > 0 or not connection.usable or _is_plain(ledger, reader)
    return gave_way and connection.transactions > 0 and proven


def _is_plain(ledger: Ledger, reader: RefusalReader) -> bool:
    """Whether the refusal names the session's number: nothing else need show that it is that."""
    return ledger.first_refusal is not None and reader.limits_session(ledger.first_refusal)


def _spare_rest(ledger: Ledger, reader: RefusalReader) -> None:
    """Let those go elsewhere whose further round was refused, perhaps for the session's number."""
    refusal = ledger.mail_reply
    if refusal is not None and refusal.is_permanent and reader.may_end_session(refusal):
        ledger.leave_refused(refusal)


def _has_enough(refusal: Reply | None, reader: RefusalReader) -> bool:
    """Whether the first refusal may speak of this connection, and not of the message."""
    if refusal is None:
        return False
    if refusal.is_permanent and reader.may_end_session(refusal):
        return True
    if refusal.command is Verb.MAIL:
        return refusal.is_transient
    return refusal.code in _ENOUGH and not (refusal.enhanced or "").startswith(_MAILBOX)
