"""The commands that wait for their replies, in order (RFC 2920).

1. Replies come in the order of the commands; each belongs to the first that waits.
2. Without PIPELINING one command waits at a time.
3. With it, whatever changes the rules of the talk, or whose answer decides what
   comes next, ends its group: nothing is written behind it until it is answered.
4. A reply to what has not been written yet answers nothing.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.errors import ConversationError

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


_ENDING: Final = frozenset(verb.value for verb in GROUP_ENDERS)


class Listener(Protocol):
    """Who asked, and is told the answer."""

    def heard(self, asked: "Asked", reply: Reply, milliseconds: float) -> None:
        """Take the reply to one command."""


@dataclass(slots=True)
class Asked:
    """A command that waits: `end` is the stream's offset behind it, `at` the asker's clock.

    `position` is the recipient's place in its transaction, for RCPT.
    """

    verb: Verb
    listener: Listener
    end: int
    at: float
    position: int | None = None


class Pipeline:
    """First asked, first answered."""

    def __init__(self) -> None:
        self._waiting: deque[Asked] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def first(self) -> Asked | None:
        """Whom the next reply belongs to."""
        return self._waiting[0] if self._waiting else None

    def waiting(self) -> tuple[Asked, ...]:
        """All that wait."""
        return tuple(self._waiting)

    def admit(self, verb: Verb, *, pipelining: bool) -> None:
        """Raise `ConversationError` if this command may not be written now."""
        if not self._waiting:
            return
        last = self._waiting[-1].verb
        if not pipelining or last._value_ in _ENDING:
            raise ConversationError(f"{verb} before the reply to {last}")

    def add(self, asked: Asked) -> None:
        """Let a command wait."""
        self._waiting.append(asked)

    def answer(self) -> Asked:
        """Take away the command that the reply at hand belongs to."""
        return self._waiting.popleft()
