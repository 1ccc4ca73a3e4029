"""Whole transactions with BDAT, many in one group (RFC 3030).

1. BDAT needs no 354, so `MAIL RCPT… BDAT n LAST` of one message can be followed at
   once by the next one's: a round trip a group. No dot is doubled; octets are counted.
2. RSET stands before every further MAIL of a group. A BDAT that was refused leaves
   a state that is "indeterminate", and the next message must neither inherit
   a recipient nor a sender: Exim keeps the sender of a message whose recipients
   were all refused.
3. A session that can use BDAT never uses DATA: servers answer 503 to the mixture.
4. What a lost connection leaves in doubt is one group at most; hence its bounds.
5. A connection that was quiet for long may be dead without our knowing: there the
   first recipients go ahead, alone.
6. Until a relay has taken one message by BDAT, it gets one at a time: where BDAT is
   offered and not known, content would be read as commands. And its recipients are
   answered first: one that answers them twice is found out before any content.
7. Until a session has taken some, and once it has refused one, no more go at once
   than it may still refuse: RSET behind a refused message counts at Exim, which
   ends the session at the eleventh and leaves what is behind it unread.
8. A relay that broke off in a group gets one message at a time, its recipients first,
   until a session has taken as many: some close after each message without a word,
   and all that was written behind it is uncertain.
9. A reply that is left over behind a group means that each before it may be another's.
"""

from collections.abc import Sequence
from typing import Final

from pillarbox.domain.reply import Verb
from workers.smtp.capabilities import Chunking
from workers.smtp.commands import bdat_line
from workers.smtp.connection import Connection
from workers.smtp.ledger import Ledger
from workers.smtp.pipeline import SINGLE, Exchange
from workers.smtp.rounds import MayEnd, ask_envelope, ask_recipients, clear_away

GROUP_MESSAGES: Final = 50
"""At 50 ms a round trip this already moves as much as a server takes in; see rule 4."""

GROUP_OCTETS: Final = 1_048_576
"""Of content in one group: what refused recipients may cost for nothing. A larger message goes
by itself, in chunks of this size, the next after the reply to the last, so that one that is
refused is not sent to its end."""

_END: Final = Verb.END_OF_DATA


def carry_in_chunks(connection: Connection, ledgers: Sequence[Ledger], may_end: MayEnd) -> None:
    """Carry a round of each transaction."""
    while ledgers:
        group = ledgers[: _how_many(ledgers, connection)]
        ledgers = ledgers[len(group) :]
        clear_away(connection, group[0])
        if group[0].envelope.content.size > GROUP_OCTETS:
            _carry_large(connection, group[0], may_end)
        else:
            _carry_group(connection, group, may_end)
        handed, broken = connection.handed, connection.chunking is Chunking.BROKEN
        for ledger in group:
            ledger.finish_round(handed)
            connection.taken += ledger.content_taken
            connection.refused += ledger.refused_there
            if broken:
                ledger.blame_chunking()


def _how_many(ledgers: Sequence[Ledger], connection: Connection) -> int:
    """Return how many go together: within the bounds, and one where more are not known to work."""
    if connection.chunking is not Chunking.PROVEN or connection.cautious:
        return 1
    allowed = connection.most_at_once
    most = GROUP_MESSAGES if allowed is None else min(max(1, allowed), GROUP_MESSAGES)
    octets = 0
    for count, ledger in enumerate(ledgers[:most]):
        octets += len(ledger.envelope.content.octets)
        if octets > GROUP_OCTETS:
            return max(count, 1)
    return min(len(ledgers), most)


def _carry_group(connection: Connection, group: Sequence[Ledger], may_end: MayEnd) -> None:
    first = group[0]
    unsure = connection.cautious or connection.chunking is not Chunking.PROVEN
    if unsure or connection.may_have_died:
        ask_recipients(connection, first)
        whole = group[1:]
        if not (first.taken or whole):
            return  # nothing to end: a bar that nobody lifts would stop whoever comes next
        connection.bar()
        if first.taken:
            _ask_chunk(connection, first, first.envelope.content.octets, last=True)
    else:
        connection.bar()
        whole = group
    at = connection.clock()
    for ledger in whole:
        octets = ledger.envelope.content.octets
        line = bdat_line(len(octets), last=True)
        reset = ledger is not first
        ask_envelope(connection, ledger, _END, line, octets, at=at, reset=reset)
    connection.settle(may_end)
    connection.check_quiet()


def _carry_large(connection: Connection, ledger: Ledger, may_end: MayEnd) -> None:
    ask_recipients(connection, ledger)
    if not ledger.taken:
        return
    octets = ledger.envelope.content.octets
    for start in range(0, len(octets), GROUP_OCTETS):
        last = start + GROUP_OCTETS >= len(octets)
        if last:
            connection.bar()
        _ask_chunk(connection, ledger, octets[start : start + GROUP_OCTETS], last=last)
        connection.settle(may_end)
        if ledger.content_refused:  # RFC 3030 2: not one chunk more
            return


def _ask_chunk(connection: Connection, ledger: Ledger, chunk: bytes, *, last: bool) -> None:
    verb = Verb.END_OF_DATA if last else Verb.BDAT
    line = bdat_line(len(chunk), last=last)
    exchange = Exchange(SINGLE[verb._value_], (line, chunk), ledger, connection.clock())
    connection.ask_all(exchange, len(line) + len(chunk), ends_data=last)
    ledger.note(exchange)
