"""What a reply means: a category from its code, enhanced code, text and command.

`categorise` names the category, `classify` the rule that decided as well. A category
tells a caller what to do; it never decides a retry, which the first digit of the
basic code does alone (4yz deferred, 5yz bounced; RFC 5321 4.2.1). What else follows
from it is one table, which says of each category what it means (`consequence.py`;
`docs/replies.md` is made from it).
"""

from pillarbox.domain.classification.classifier import categorise, classify
from pillarbox.domain.classification.consequence import (
    BY_CATEGORY,
    LOAD_AT_AUTH,
    Blame,
    Consequence,
    blames_relay_account,
    limits_session,
    parks_relay,
    slows_relay,
    suppresses,
)
from pillarbox.domain.classification.rule import Classification

__all__ = [
    "BY_CATEGORY",
    "LOAD_AT_AUTH",
    "Blame",
    "Classification",
    "Consequence",
    "blames_relay_account",
    "categorise",
    "classify",
    "limits_session",
    "parks_relay",
    "slows_relay",
    "suppresses",
]
