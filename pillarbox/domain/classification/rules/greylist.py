"""Rules for greylisting, before those for a busy server: both say "try again later"."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule
from pillarbox.domain.reply import Severity

GREYLIST_RULES = (
    Rule(
        name="greylisted",
        category=Category.GREYLISTED,
        source="RFC 6647; Postgrey; milter-greylist; SQLgrey; Exim greylistd",
        says=(
            "greylist*|graylist*|postgrey|grislist*|sqlgrey|greydnsbl|greyd",
            "grey|gray list*|listed|listing",
            "first time .. sender|contact|delivery|seen|connect*",
            "unknown|new triplet|tuple|sender retry",
            "not yet authori* .. deliver",
            "liste|lista grise|gris|grigia|cinza",
            "szar* lista|listy|liste",
            "halli* nimekir*",
            "серы* спис*|лист*",
            "灰 名 单|單",
            "グ レ イ|ー リ",
            "delay* .. new .. sender|contact",
        ),
    ),
    Rule(
        name="retry-after-a-time",
        category=Category.GREYLISTED,
        source="RFC 6647 2.2: a hint of when to retry",
        severity=Severity.TRANSIENT,
        says=(
            (
                "retry|again|back|later|wait .. in|after|for .. seconds|second|secs|sec|minutes|"
                "minute|mins|min|s|00"
            ),
            "retry|again|wait .. seconds|minutes|minute|secs|mins",
            "retry in|after",
            "please try again in",
            "come back in",
            "try .. again .. 00",
            "delayed .. seconds|minutes",
            "reessay* .. dans|minutes",
            "erneut .. minuten|sekunden",
        ),
        unless=(
            (
                "too many|much|fast|quickly|limit*|rate|exceed*|throttl*|connection*|busy|quota|"
                "resource*|volume|load|overload*"
            ),
            "user|mailbox|recipient unknown|full|not",
            "reputation|spam|blocked|listed|policy",
            "space|storage|disk|internal|error",
            "authenti*|tls|starttls|maintenance|unavailable",
            "ib101",
        ),
    ),
)
