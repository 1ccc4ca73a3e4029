"""Rules for replies that refuse to relay for us."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

RELAYING_RULES = (
    Rule(
        name="relay-denied",
        category=Category.AUTH,
        source=("RFC 5321 3.6.2: 550 relaying; Postfix reject_unauth_destination; qmail rcpthosts"),
        says=(
            (
                "relay|relaying (access|mail|of|attempt|from|to|for|through|is|has|been|not) "
                "denied|prohibited|forbidden|refused|disallowed|rejected|disabled|blocked|"
                "permitted|allowed|accepted|restricted|failed|unauthori*"
            ),
            "relay|relaying .. denied|prohibited|forbidden|disallowed|refused",
            (
                "relay|relaying .. not permitted|allowed|accepted|authorized|authorised|"
                "supported|possible|enabled"
            ),
            (
                "not|unable|cannot|never|dont|wont|doesnt|isnt|no (to|be|an|open|accept|permit|"
                "allow) (open) relay|relaying|relayed"
            ),
            "unauthori*|insecure|illegal|open|third|invalid|cant (party|mail) relay|relaying",
            "mail relay denied",
            "no relaying",
            "relayed .. not",
            "relay .. authentication|auth|authori*|authentifi*",
            "rcpthosts",
            "validrcpthosts",
            "not .. configured|permitted .. relay*",
            "credentials for relay",
            "not .. gateway",
            "not local host",
            "local users|user only",
            "relay check",
            "as a relay",
            "kein relay*",
            "relais .. refus*|interdit|non",
            "relay* .. verboten|abgelehnt|nicht|niet|geweigerd",
            "пересылк* .. запрещ*",
            "релей*|relaying .. запрещ*|отклон*",
            "中 继|繼",
            "不 允 许 转 发",
        ),
        unless=(
            "open relay .. database|list|server|which|block*",
            "which|known|is|are an open relay",
            "relay quota|limit",
            "ip .. listed|blacklist*|blocklist*",
            "unknown user",
            "user unknown",
            "temporar*|busy|later",
            "spam|dnsbl|rbl|spamhaus",
        ),
    ),
)
