"""The replies that come for every message, line for line: read once, and known from then on.

They are taken in one go only if nothing follows from them but a state; whatever
else a server says is read, and followed, one reply after the other.
"""

from functools import lru_cache

from pillarbox.domain.reply import Reply, Verb
from workers.smtp.parser import USUAL_LINE, reply_to
from workers.smtp.pipeline import Shape
from workers.smtp.state import USUAL, State


@lru_cache(maxsize=256)
def usual_replies(
    before: str, shape: Shape, *lines: bytes
) -> tuple[State, tuple[Reply, ...], bool] | None:
    """Read the replies to the first commands of a shape, if nothing follows from them.

    The last of what is returned is `Exchange.consented`.
    """
    state = State(before)
    replies: list[Reply] = []
    for verb, line in zip(shape.verbs, lines, strict=False):
        if not USUAL_LINE(line):
            return None
        reply = reply_to(verb, line)
        following = USUAL.get((state._value_, verb._value_, reply.code))
        if following is None:
            return None
        state = following
        replies.append(reply)
    consented = all(map(is_consent, replies)) and {Verb.MAIL, Verb.RCPT} <= {*shape.verbs}
    return state, tuple(replies), consented


def is_consent(reply: Reply) -> bool:
    """Whether a server lets the conversation go on as it was begun."""
    return reply.is_positive or reply.is_intermediate
