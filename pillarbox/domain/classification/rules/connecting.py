"""Rules for refusals of the client that give no reason but the moment they come at."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import CONNECTING, Rule
from pillarbox.domain.reply import Severity

CONNECTING_RULES = (
    Rule(
        name="service-refused",
        category=Category.REPUTATION,
        source="Orange and La Poste postmaster: error codes",
        severity=Severity.PERMANENT,
        says=("service refused|refuse",),
    ),
    Rule(
        name="refused-while-connecting",
        category=Category.REPUTATION,
        source="RFC 5321 3.1",
        commands=CONNECTING,
        says=(
            "service refused|refuse",
            "service not available",
            "access|connection denied|refused|rejected",
            "rejected|refused|denied|blocked",
        ),
    ),
    Rule(
        name="not-accepting-connections",
        category=Category.REPUTATION,
        source="RFC 5321 3.1: 554 greeting",
        severity=Severity.PERMANENT,
        says=(
            "not accepting|allow* connections",
            "no smtp service here",
            "no (smtp) service",
            "connection|connections refused|rejected|denied",
            "go away",
            "access denied .. name",
        ),
        unless=("mx|srv",),
    ),
)
