"""The commands that wait for their replies, in order (RFC 2920).

1. Replies come in the order of the commands; each belongs to the first that waits.
2. Without PIPELINING one command waits at a time.
3. With it, whatever changes the rules of the talk, or whose answer decides what
   comes next, ends its group: nothing is written behind it until it is answered.
4. A reply to what has not been written yet answers nothing.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.state import State, after_asking

GROUP_ENDERS: Final = frozenset(
    {
        Verb.GREETING,
        Verb.EHLO,
        Verb.HELO,
        Verb.STARTTLS,
        Verb.AUTH,
        Verb.DATA,
        Verb.VRFY,
        Verb.NOOP,
        Verb.QUIT,
    }
)
"""RFC 2920 3.1; STARTTLS by RFC 3207 4, AUTH by RFC 4954 4, the greeting by RFC 5321 3.1."""


class Listener(Protocol):
    """Who asked, and is told the answers."""

    def heard(self, exchange: "Exchange") -> None:
        """Take the replies, once all commands of an exchange are answered."""


class Shape:
    """The verbs of an exchange, and what is known of them beforehand; made once for each kind."""

    __slots__ = ("_leads", "alike", "before", "ends_group", "verbs")

    def __init__(self, *verbs: Verb) -> None:
        self.verbs = verbs
        self.alike = len(verbs) - (verbs[-1] is Verb.END_OF_DATA)
        """How many commands get the same replies for every message: all but the end of data."""
        first = verbs.index(Verb.RCPT) if Verb.RCPT in verbs else len(verbs)
        self.before = (None,) * first
        """As many as there are commands before the first RCPT, and no recipients of theirs."""
        self.ends_group = verbs[-1] in GROUP_ENDERS
        self._leads: dict[str, State | None] = {}
        for verb in verbs[:-1]:
            if verb in GROUP_ENDERS:
                raise ValueError(f"{verb} in the middle of a group")

    def leads_from(self, state: State) -> State | None:
        """Look up where all the commands lead if all goes well; None if one is out of turn."""
        try:
            return self._leads[state._value_]
        except KeyError:
            following: State | None = state
            for verb in self.verbs:
                following = None if following is None else after_asking(following, verb)
            self._leads[state._value_] = following
            return following


SINGLE: Final = {verb.value: Shape(verb) for verb in Verb}
"""The shapes of single commands, by verb."""


@lru_cache(maxsize=256)
def envelope_shape(rcpts: int, last: str, reset: bool) -> Shape:  # noqa: FBT001 -- named it takes twice the time
    """Return the shape of a whole envelope: RSET if wanted, MAIL, RCPTs, and a last verb."""
    before = (Verb.RSET, Verb.MAIL) if reset else (Verb.MAIL,)
    return Shape(*before, *[Verb.RCPT] * rcpts, Verb(last))


class Exchange:
    """Commands that one listener asked in one go, and the replies that came so far.

    `wires` are the commands as they are written, content aside, which belongs
    to the last one: the stream's offsets `start` and `end` are before and
    behind all of it. From `ending` bytes on the data may have ended; 0 if there
    is none. `at` is the asker's clock, `times` the replies'; `places` the
    recipients of the RCPTs, in order.
    """

    __slots__ = (
        "at", "consented", "end", "ending", "listener", "places", "replies", "shape", "start",
        "times", "wires",
    )  # fmt: skip

    def __init__(
        self,
        shape: Shape,
        wires: Sequence[bytes],
        listener: Listener,
        at: float,
        places: Sequence[int] = (),
    ) -> None:
        self.shape = shape
        self.wires = wires
        self.listener = listener
        self.at = at
        self.places = places
        self.start = self.end = self.ending = 0
        self.consented = False
        """Whether MAIL and every RCPT of an envelope are known to have been taken."""
        self.replies: list[Reply] = []
        self.times: list[float] = []

    @property
    def next_verb(self) -> Verb | None:
        """Return which command's reply comes next; None when all are answered."""
        answered = len(self.replies)
        return self.shape.verbs[answered] if answered < len(self.shape.verbs) else None

    def begins_at(self, index: int) -> int:
        """Return the offset from which on the server can know of a command.

        For content that is from its first byte, for BDAT behind its line.
        """
        return self.start + sum(map(len, self.wires[: index + 1]))

    def ends_at(self, index: int) -> int:
        """Return the offset behind a command, content and all."""
        if index == len(self.shape.verbs) - 1:
            return self.end
        return self.begins_at(index)

    def written(self, handed: int) -> Sequence[int]:
        """List the places of the unanswered commands that the server can know of."""
        return [
            index
            for index in range(len(self.replies), len(self.shape.verbs))
            if self.begins_at(index) <= handed
        ]
