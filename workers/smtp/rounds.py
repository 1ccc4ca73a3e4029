"""Transactions over one connection with DATA, one round each.

1. Without PIPELINING every command waits for the reply to the one before it.
2. With it MAIL, all RCPTs and DATA are one group, and so are the content of one
   message and the group of the next: one round trip a message (RFC 2920 3.1).
3. Content goes out only after 354 and a recipient who was taken; after 354 and
   none, a lone dot, whatever it is answered.
"""

from collections.abc import Callable, Sequence
from typing import Final

from pillarbox.domain.reply import Verb
from workers.smtp.commands import DATA, RSET
from workers.smtp.connection import Connection
from workers.smtp.ledger import Ledger
from workers.smtp.pipeline import SINGLE, Exchange, envelope_shape

MayEnd = Callable[[], bool]

_RESET: Final = (RSET.wire,)


def ask_envelope(
    connection: Connection,
    ledger: Ledger,
    last: Verb,
    *lines: bytes,
    at: float | None = None,
    reset: bool = False,
) -> None:
    """Begin a round: ask RSET if wanted, MAIL, the RCPTs, and a last command with its content.

    `at` is the time, if the caller knows it.
    """
    places = ledger.begin_round(connection.capabilities.rcpt_max)
    envelope = ledger.envelope
    rcpts = envelope.rcpts
    asked = rcpts if len(places) == len(rcpts) else [rcpts[place] for place in places]
    wires = (*(_RESET if reset else ()), envelope.mail, *asked, *lines)
    shape = envelope_shape(len(places), last._value_, reset)
    exchange = Exchange(shape, wires, ledger, connection.clock() if at is None else at, places)
    connection.ask_all(exchange, sum(map(len, wires)), ends_data=last is Verb.END_OF_DATA)
    ledger.note(exchange)


def ask_recipients(connection: Connection, ledger: Ledger) -> None:
    """Begin a round with MAIL and the RCPTs alone, and hear what is said to them."""
    places = ledger.begin_round(connection.capabilities.rcpt_max)
    wires = [ledger.envelope.mail, *[ledger.envelope.rcpts[place] for place in places]]
    shape = envelope_shape(len(places) - 1, Verb.RCPT.value, False)
    exchange = Exchange(shape, wires, ledger, connection.clock(), places)
    connection.ask_all(exchange, sum(map(len, wires)))
    ledger.note(exchange)
    connection.settle()


def clear_away(connection: Connection, ledger: Ledger) -> None:
    """Let RSET be answered, if the transaction before has left something (RFC 5321 4.1.4)."""
    if connection.needs_reset:
        _ask_one(connection, ledger, Verb.RSET, RSET.wire)


def carry_step_by_step(connection: Connection, ledger: Ledger, may_end: MayEnd) -> None:
    """Carry a round of one transaction, each command after the reply to the last."""
    clear_away(connection, ledger)
    places = ledger.begin_round(connection.capabilities.rcpt_max)
    _ask_one(connection, ledger, Verb.MAIL, ledger.envelope.mail)
    if not ledger.mail_refused:
        for place in places:
            _ask_one(connection, ledger, Verb.RCPT, ledger.envelope.rcpts[place], place)
        if ledger.taken:
            _ask_one(connection, ledger, Verb.DATA, DATA.wire)
        if _give_content(connection, ledger):
            connection.settle(may_end)
    ledger.finish_round(connection.handed)


def carry_overlapping(connection: Connection, ledgers: Sequence[Ledger], may_end: MayEnd) -> None:
    """Carry a round of each transaction, each one's envelope behind the content before it."""
    clear_away(connection, ledgers[0])
    ask_envelope(connection, ledgers[0], Verb.DATA, DATA.wire)
    connection.settle()
    for ledger, following in zip(ledgers, (*ledgers[1:], None), strict=True):
        if ledger.out_of_step:  # the server had not forgotten; now it is told to
            clear_away(connection, ledger)
            ledger.behind = None
            ask_envelope(connection, ledger, Verb.DATA, DATA.wire)
            connection.settle()
        given = _give_content(connection, ledger)
        if following is not None:
            following.behind = ledger if given else None
            reset = not given and connection.needs_reset
            ask_envelope(connection, following, Verb.DATA, DATA.wire, reset=reset)
        if given or following is not None:
            connection.settle(may_end)
        ledger.finish_round(connection.handed)


def _give_content(connection: Connection, ledger: Ledger) -> bool:
    if not ledger.content_expected:
        return False
    if ledger.taken:
        blocks = ledger.envelope.content.blocks()
        ledger.note(connection.give_data(blocks, ledger, barred=True))
    else:  # DATA was taken though no recipient was: a lone dot (RFC 2920 3.1)
        ledger.note(connection.give_data([], ledger, barred=False))
    return True


def _ask_one(connection: Connection, ledger: Ledger, verb: Verb, wire: bytes, *places: int) -> None:
    """Ask one command of a transaction and hear the reply."""
    shape = SINGLE[verb._value_]
    exchange = Exchange(shape, (wire,), ledger, connection.clock(), places)
    connection.ask_all(exchange, len(wire))
    ledger.note(exchange)
    connection.settle()
