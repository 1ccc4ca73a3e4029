"""The states of a session as two tables: what may be asked, and what an answer makes of it.

1. `ASKING` assumes that all goes well, since with PIPELINING a command is
   written before the answer to the one before it is known (RFC 2920 3.1).
2. `HEARING` follows what the server really said. A pair that is missing there is
   an answer that no server may give (354 to MAIL, 250 to DATA): a violation.
3. 421 ends the session wherever it stands (RFC 5321 3.8); it is in no table.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pillarbox.domain.reply import Verb


class State(StrEnum):
    """Where a session stands."""

    UNGREETED = "ungreeted"
    """Connected; the server speaks first (RFC 5321 3.1)."""
    UNWELCOME = "unwelcome"
    """The greeting was a refusal; only QUIT is left."""
    GREETED = "greeted"
    """Greeted, or TLS begun: the server's extensions are not known."""
    SECURING = "securing"
    """STARTTLS was taken; the next byte belongs to TLS (RFC 3207 4)."""
    READY = "ready"
    """Introduced; no transaction is open."""
    AUTHENTICATING = "authenticating"
    """The server asked for a SASL response (RFC 4954 4)."""
    MAILING = "mailing"
    """MAIL was taken, and no recipient yet."""
    ADDRESSED = "addressed"
    """At least one recipient was taken."""
    DATA = "data"
    """354: the content is expected."""
    CHUNKS = "chunks"
    """Some of the content was taken by BDAT, and more is to come (RFC 3030 2)."""
    SPENT = "spent"
    """The content was refused; RSET before the next, as not every server forgets by itself."""
    CLOSED = "closed"
    """Nothing more can be asked."""


class Answer(StrEnum):
    """What kind of reply it is, by its first digit."""

    YES = "yes"
    MORE = "more"
    NO = "no"


_ANSWERS: Final = {2: Answer.YES, 3: Answer.MORE, 4: Answer.NO, 5: Answer.NO}

_OPEN: Final = (State.MAILING, State.ADDRESSED)
_IDLE: Final = (State.READY, *_OPEN)
CHUNKABLE: Final = (State.ADDRESSED, State.CHUNKS)
"""Where BDAT is in its place."""
_RESETTABLE: Final = (*_IDLE, State.CHUNKS, State.SPENT)

ASKING: Final[Mapping[tuple[State, Verb], State]] = MappingProxyType(
    {
        (State.UNGREETED, Verb.GREETING): State.GREETED,
        (State.GREETED, Verb.EHLO): State.READY,
        (State.GREETED, Verb.HELO): State.READY,
        (State.READY, Verb.STARTTLS): State.SECURING,
        (State.READY, Verb.AUTH): State.READY,
        (State.AUTHENTICATING, Verb.AUTH): State.READY,
        (State.READY, Verb.MAIL): State.MAILING,
        (State.MAILING, Verb.RCPT): State.ADDRESSED,
        (State.ADDRESSED, Verb.RCPT): State.ADDRESSED,
        (State.ADDRESSED, Verb.DATA): State.DATA,
        (State.DATA, Verb.END_OF_DATA): State.READY,
        # BDAT, which needs no 354; its last chunk is the end of data
        **{(state, Verb.BDAT): State.CHUNKS for state in CHUNKABLE},
        **{(state, Verb.END_OF_DATA): State.READY for state in CHUNKABLE},
        **{(state, Verb.RSET): State.READY for state in _RESETTABLE},
        **{(state, verb): state for state in _IDLE for verb in (Verb.NOOP, Verb.VRFY)},
        **{
            (state, Verb.QUIT): State.CLOSED
            for state in (*_RESETTABLE, State.GREETED, State.UNWELCOME)
        },
    }
)

HEARING: Final[Mapping[tuple[State, Verb, Answer], State]] = MappingProxyType(
    {
        (State.UNGREETED, Verb.GREETING, Answer.YES): State.GREETED,
        (State.UNGREETED, Verb.GREETING, Answer.NO): State.UNWELCOME,
        **{(State.GREETED, verb, Answer.YES): State.READY for verb in (Verb.EHLO, Verb.HELO)},
        **{(State.GREETED, verb, Answer.NO): State.GREETED for verb in (Verb.EHLO, Verb.HELO)},
        (State.READY, Verb.STARTTLS, Answer.YES): State.SECURING,
        (State.READY, Verb.STARTTLS, Answer.NO): State.READY,
        **{
            (state, Verb.AUTH, answer): following
            for state in (State.READY, State.AUTHENTICATING)
            for answer, following in (
                (Answer.YES, State.READY),
                (Answer.MORE, State.AUTHENTICATING),
                (Answer.NO, State.READY),
            )
        },
        (State.READY, Verb.MAIL, Answer.YES): State.MAILING,
        (State.READY, Verb.MAIL, Answer.NO): State.READY,
        **{
            (state, Verb.RCPT, answer): State.ADDRESSED if answer is Answer.YES else state
            for state in _OPEN
            for answer in (Answer.YES, Answer.NO)
        },
        **{(state, Verb.DATA, Answer.MORE): State.DATA for state in _OPEN},
        **{(state, Verb.DATA, Answer.NO): state for state in _OPEN},
        # what was pipelined behind a MAIL that was refused
        (State.READY, Verb.RCPT, Answer.YES): State.READY,
        (State.READY, Verb.RCPT, Answer.NO): State.READY,
        (State.READY, Verb.DATA, Answer.NO): State.READY,
        # data without a transaction: nobody knows what a lone dot would send
        (State.READY, Verb.DATA, Answer.MORE): State.CLOSED,
        (State.DATA, Verb.END_OF_DATA, Answer.YES): State.READY,
        (State.DATA, Verb.END_OF_DATA, Answer.NO): State.SPENT,
        **{(state, Verb.BDAT, Answer.YES): State.CHUNKS for state in CHUNKABLE},
        **{(state, Verb.BDAT, Answer.NO): State.SPENT for state in CHUNKABLE},
        **{(state, Verb.END_OF_DATA, Answer.YES): State.READY for state in CHUNKABLE},
        **{(state, Verb.END_OF_DATA, Answer.NO): State.SPENT for state in CHUNKABLE},
        # BDAT behind a MAIL or RCPTs that were refused: what it leaves is "indeterminate"
        **{
            (state, Verb.END_OF_DATA, Answer.NO): State.SPENT
            for state in (State.READY, State.MAILING, State.SPENT)
        },
        # a server that says 250 to a message for nobody has no message; RSET either way
        (State.MAILING, Verb.END_OF_DATA, Answer.YES): State.SPENT,
        # what was pipelined behind content that was then refused (RFC 5321 4.1.1.4: forgotten)
        (State.SPENT, Verb.MAIL, Answer.YES): State.MAILING,
        (State.SPENT, Verb.MAIL, Answer.NO): State.SPENT,
        (State.SPENT, Verb.RCPT, Answer.YES): State.SPENT,
        (State.SPENT, Verb.RCPT, Answer.NO): State.SPENT,
        (State.SPENT, Verb.DATA, Answer.NO): State.SPENT,
        (State.SPENT, Verb.DATA, Answer.MORE): State.CLOSED,
        **{(state, Verb.RSET, Answer.YES): State.READY for state in _RESETTABLE},
        **{(state, Verb.RSET, Answer.NO): State.CLOSED for state in _RESETTABLE},
        **{
            (state, verb, answer): state
            for state in _IDLE
            for verb in (Verb.NOOP, Verb.VRFY)
            for answer in (Answer.YES, Answer.NO)
        },
        **{
            (state, Verb.QUIT, answer): State.CLOSED
            for state in (*_RESETTABLE, State.GREETED, State.UNWELCOME)
            for answer in (Answer.YES, Answer.NO)
        },
    }
)

_ASKED: Final = {
    (state._value_, verb._value_): following for (state, verb), following in ASKING.items()
}
_HEARD: Final = {
    (state._value_, verb._value_, digit): following
    for (state, verb, answer), following in HEARING.items()
    for digit, kind in _ANSWERS.items()
    if kind is answer
}
# The same by plain strings and digits: an enum's own hash is a call in Python, and this is
# done for every command and every reply.


def after_asking(state: State, verb: Verb) -> State | None:
    """Look up where a command leads if all goes well; None if it is not its turn."""
    return _ASKED.get((state._value_, verb._value_))


def after_hearing(state: State, verb: Verb, code: int) -> State | None:
    """Look up where a reply leads; None if no server may give it."""
    return _HEARD.get((state._value_, verb._value_, code // 100))


USUAL: Final[Mapping[tuple[str, str, int], State]] = MappingProxyType(
    {
        (state, verb, code): following
        for (state, verb, digit), following in _HEARD.items()
        if following is not State.CLOSED and state != State.GREETED
        for code in (200, 250, 251, 252, 354, 450, 451, 452, 503, 550, 551, 552, 553, 554)
        if code // 100 == digit
    }
)
"""By value of state and verb, and by code: the replies from which nothing follows but a state."""

NEEDS_RESET: Final = frozenset({State.MAILING, State.ADDRESSED, State.CHUNKS, State.SPENT})
"""Left like this, the next message would meet what remains of the last (RFC 5321 4.1.4)."""
