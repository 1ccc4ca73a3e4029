"""Rules for what a relay met on its own way onwards."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

NEXT_HOP_RULES = (
    Rule(
        name="next-hop-unreachable",
        category=Category.SERVER_BUSY,
        source="RFC 3463 X.4.1, X.4.2, X.4.7: what the relay met on its own way",
        says=(
            "message|mail|time (has) expired",
            "socket error",
            "last attempted",
            "in the queue too long",
            "connection|connect|network .. timed|unreachable|reset",
            "no route to host",
            "is|not respond|responding|answering",
            "unable|cannot|failed|could (not) (to) connect",
        ),
        unless=(
            "dns query|lookup",
            "dns|domain .. not|unreachable",
            "too many|limit*",
            "resolve|lookup",
        ),
    ),
)
