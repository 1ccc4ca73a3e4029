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

from pillarbox.domain.reply import Reply, Verb


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
    SPENT = "spent"
    """The content was refused; RSET before the next, as not every server forgets by itself."""
    CLOSED = "closed"
    """Nothing more can be asked."""


class Answer(StrEnum):
    """What kind of reply it is, by its first digit."""

    YES = "yes"
    MORE = "more"
    NO = "no"

    @staticmethod
    def of(reply: Reply) -> "Answer":
        """Sort a reply."""
        return _ANSWERS[reply.code // 100]


_ANSWERS: Final = {2: Answer.YES, 3: Answer.MORE, 4: Answer.NO, 5: Answer.NO}

_OPEN: Final = (State.MAILING, State.ADDRESSED)
_IDLE: Final = (State.READY, *_OPEN)

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
        **{(state, Verb.RSET): State.READY for state in (*_IDLE, State.SPENT)},
        **{(state, verb): state for state in _IDLE for verb in (Verb.NOOP, Verb.VRFY)},
        **{
            (state, Verb.QUIT): State.CLOSED
            for state in (*_IDLE, State.SPENT, State.GREETED, State.UNWELCOME)
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
        **{(state, Verb.RSET, Answer.YES): State.READY for state in (*_IDLE, State.SPENT)},
        **{(state, Verb.RSET, Answer.NO): State.CLOSED for state in (*_IDLE, State.SPENT)},
        **{
            (state, verb, answer): state
            for state in _IDLE
            for verb in (Verb.NOOP, Verb.VRFY)
            for answer in (Answer.YES, Answer.NO)
        },
        **{
            (state, Verb.QUIT, answer): State.CLOSED
            for state in (*_IDLE, State.SPENT, State.GREETED, State.UNWELCOME)
            for answer in (Answer.YES, Answer.NO)
        },
    }
)

_ASKED: Final = {
    (state.value, verb.value): following for (state, verb), following in ASKING.items()
}
_HEARD: Final = {
    (state.value, verb.value, answer.value): following
    for (state, verb, answer), following in HEARING.items()
}
# The same by plain strings: an enum's own hash is a call in Python, and this is done for
# every command and every reply.


def after_asking(state: State, verb: Verb) -> State | None:
    """Look up where a command leads if all goes well; None if it is not its turn."""
    return _ASKED.get((state._value_, verb._value_))


def after_hearing(state: State, verb: Verb, answer: Answer) -> State | None:
    """Look up where an answer leads; None if no server may give it."""
    return _HEARD.get((state._value_, verb._value_, answer._value_))


NEEDS_RESET: Final = frozenset({State.MAILING, State.ADDRESSED, State.SPENT})
"""Left like this, the next message would meet what remains of the last (RFC 5321 4.1.4)."""
