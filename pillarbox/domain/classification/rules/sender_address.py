"""Rules for replies about the sender's address, and about senders whom a recipient refuses."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_NOT_THERE = (
    "not|invalid|unknown|nonexist*|unresolv*|unroutable|unrouteable|unverified|"
    "unverifiable|reject*|denied|refused|blocked|fail*|blacklist*|cannot|could|"
    "couldnt|unable|missing|bad|forbidden|banned|malformed|undeliverable|disallow*|"
    "restrict*|illegal|prohibit*|block|doesnt|isnt|no|must|does|undefined|spoof*|"
    "misconfigured|fake|forged|without|lacks"
)

SENDER_ADDRESS_RULES = (
    Rule(
        name="sender-address-rejected",
        category=Category.POLICY,
        source="Postfix smtpd(8): whom it rejects stands before the colon",
        says=("sender address|addr rejected",),
        unless=("ip|host|server|hostname .. blocked|listed|blacklist*", "spam"),
    ),
    Rule(
        name="sender-invalid",
        category=Category.POLICY,
        source=(
            "RFC 3463 X.1.7 and X.1.8; Postfix reject_unknown_sender_domain; Exim verify = sender"
        ),
        says=(
            (
                "sender|originator|absender|expediteur|remitente|remetente|mittente|afzender|"
                "nadawc*|отправител* (address|addr|domain|email|mail|verify|verification|is|was|"
                f"id|s|envelope) {_NOT_THERE}"
            ),
            (
                "sender address|domain|verify|verification|callout|callback .. fail*|reject*|"
                "not|invalid|denied|refused|unknown|resolve*|blocked|unable|could|exist|found|mx"
            ),
            "sender .. verif*|callback|callout .. fail*|could|not|unable",
            "sender .. domain .. exist|resolve*|found|valid|mx|must",
            "sender .. not .. exist|found|allowed|accepted|valid|known|permitted",
            "domain .. sender .. not|invalid|exist|fail*|resolve*|unknown|mx",
            "domain of sender",
            "sender .. black list",
            "require* (a) valid sender",
            "badmailfrom",
            "sender in|on my|our|a|the badmailfrom|list|blacklist|blocklist",
            "known senders",
            "domain (in|of|for) mail|mailfrom|envelope .. not|no|null|does|doesnt|invalid|must|has",
            "senders domain|address|mail .. not|invalid|exist*|unknown|fail*|no|doesnt|does",
            (
                "invalid|unknown|bad|unroutable|unrouteable|unresolvable|nonexistent|blocked|"
                "rejected|unverified|illegal|undeliverable|null|malformed|unverifiable|"
                "unacceptable|unwanted (envelope|mail|domain|email|smtp|bounce) sender|"
                "originator|return|from|absender|originating"
            ),
            (
                "mail from|envelope|return|bounce (command|address|domain|path|sender|host) .. "
                "reject*|not|invalid|denied|refused|resolv*|unknown|malformed|domain|nonexist*|"
                "unroutable"
            ),
            "verify|verification|resolve|find|deliver|bounce|reply .. sender|return|envelope",
            (
                "sender|from|originator (address|domain) .. blacklist*|blocklist*|blocked|"
                "banned|denylist*"
            ),
            "return path|address .. not|invalid|fail*|exist|valid|verif*|resolv*",
            "from domain .. not|invalid|exist",
            "from address|addr .. not|invalid|exist|reject*|blocked|unknown|resolve",
            "null|empty|blank|fake|bogus|forged sender|senders|return|mail|from|reverse|envelope",
            "envelope (sender) blocked|rejected",
            "mail|from|sender .. mismatch*",
            "mail from|sender domain (must|does|is|has) not|resolve|exist|empty|null",
            "from domain must resolve",
            "not|isnt in my domain",
            "not subscribed .. group|list",
            "no third party",
            "bounce*|dsn .. not accepted|reject*|refus*|only|without",
            "from .. domain is invalid",
            "not accept* .. bounce*",
            "registered gateway user",
            (
                "your .. domain|address|email (name|addr|address) not|does|doesnt .. exist|"
                "resolve|valid|mx|found"
            ),
            "your .. address .. blocked|reject*|refused|blacklist*",
            (
                "absender* .. nicht|ungultig*|ungueltig*|abgelehnt|unbekannt|existiert|"
                "verweigert|gesperrt"
            ),
            "expediteur .. inconnu|invalide|rejet*|refus*|bloque*|n|existe*|interdit",
            (
                "remitente|remetente|mittente .. rechaz*|rejeit*|rifiut*|no|nao|invalid*|"
                "bloque*|non|recus*"
            ),
            "nadawc* .. odrzuc*|nie*|zablok*|niepraw*",
            "afzender .. geweigerd|ongeldig|niet|onbekend|geblokkeerd",
            "отправител* .. не*|отклон*|запрещ*|заблок*|отверг*",
            "发|寄 件|信 人|方",
            "送 信 元 .. ド|ア|拒",
        ),
        unless=(
            "recipient|user|mailbox unknown|not|unavailable",
            "too many|rate|throttl*|temporar* .. limit*|excee*",
            "sender ip|host|mta|server|reputation",
            "not owned",
            "spam|spamtrap",
            "from header|headers|field",
            "in blacklist|rbl|dnsbl",
            "sender .. score|limit*",
            "unknown user|recipient|mailbox",
            "reverse dns|ptr",
            "sender .. mx ip",
        ),
    ),
    Rule(
        name="refused-for-this-sender",
        category=Category.POLICY,
        source="RFC 3463 X.7.1; Exchange transport rules 5.7.1; Exim acl deny",
        says=(
            "recipient preferences|preference",
            (
                "not accept|accepting|receive|allow|allowed|permit|want (any) mail|email|"
                "messages|emails from"
            ),
            "does not accept .. from",
            "members|subscribers|subscriber only",
            "doesnt|dont|does|do (not) want your|to mail|email|message|receive",
            "blocked by the|this recipient|user",
            "recipient|user|users reject|rejects|rejected|refused the|this|your mail|email|message",
            "only .. members|subscribers|internal|authorized|trusted|approved|domain",
            ("restricted .. group|list|recipient|senders|address|distribution|mailbox|delivery"),
            "approved|authorized|permitted|allowed|accepted|authenticated senders",
            "not on .. allow*|whitelist|approved|safe|accepted",
            "sender .. not .. approved|whitelist*|members|allowlist*|safelist*",
            "moderat*",
            (
                "blocked|rejected|refused|denied|prohibited by .. recipient|user|admin*|rule|"
                "rules|organization|customer|owner|sieve|filter|configuration|receiver"
            ),
            (
                "recipient|user|receiver (has) reject*|blocked|refuse*|declined .. your|you|"
                "mail|message|this|sender|messages"
            ),
            "on .. users|recipients|personal .. blacklist|block|blocklist|list",
            "discard*|refused .. by .. rule*",
            "transport rules",
            "rules reject message",
            "administrat* prohibit*|denied|reject*|refus*|block*|policy",
            "prohibit* .. administrat*|policy",
        ),
        unless=(
            "ip|host|server|client (address|is) blocked|rejected|listed|blacklist*",
            "user unknown|doesnt|not",
            "no such",
            "does not exist",
            "spam|virus",
            "rate|temporar*",
            "connect* .. from",
            "not .. network messages",
            "policy & blacklist*|reputation",
            "ip addr* .. blocked|denied|refused",
        ),
    ),
)
