"""Rules for replies about the sender: its published authentication, its address, its domain."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import CONNECTING, Rule

_NOT_THERE = (
    "not|invalid|unknown|nonexist*|unresolv*|unroutable|unrouteable|unverified|unverifiable|"
    "reject*|denied|refused|blocked|fail*|blacklist*|cannot|could|couldnt|unable|missing|bad|"
    "forbidden|banned|malformed|undeliverable|disallow*|restrict*|illegal|prohibit*|block|"
    "doesnt|isnt|no|must|does|undefined|spoof*|misconfigured|fake|forged|without|lacks"
)

AUTHENTICATION_RULES = (
    Rule(
        "sender-authentication",
        Category.POLICY,
        "RFC 7208; RFC 6376; RFC 7489; RFC 7372 X.7.20 to X.7.26; Gmail sender guidelines",
        (
            "spf|dkim|dmarc|domainkeys|domainkey|senderid",
            "sender policy framework",
            "sender id .. fail*|not|pra",
            "purported responsible",
            "authentication check*|level|result*|information|requirement*",
            "unauthenticated mail|email|message|messages|sender",
            "sender|domain|message|mail|email|from (is|was|domain|address) (not) unauthenticated",
            "require* .. senders to authenticate",
            "message|mail|email|domain (is|was|did) not (pass) (properly) authenticat*",
            "lack* .. authentication",
            "forged|forgery|forging|spoof|spoofed|spoofing|spoofer",
            "not .. permitted|designated|authori* .. sender",
            "domain alignment",
            "alignment .. fail*|domain",
            "backscatter|bounce address tag",
            "batv|prvs|srs .. invalid|fail*|expired|signature|error|hash",
            "impersonat*",
        ),
        unless=(
            "ptr .. authentication|records|record",
            "unauthenticated .. senders not|commands",
            "ip .. listed|blacklist*|blocklist*|spamhaus",
            "reputation",
            "temporar* .. dns|lookup",
            "user unknown",
            "backscatterer",
        ),
    ),
)

ADDRESS_RULES = (
    Rule(
        "sender-invalid",
        Category.POLICY,
        "RFC 3463 X.1.7 and X.1.8; Postfix reject_unknown_sender_domain; Exim verify = sender",
        (
            f"sender|originator|absender|expediteur|remitente|remetente|mittente|afzender|nadawc*|"
            f"отправител* (address|addr|domain|email|mail|verify|verification|is|was|id|s|envelope)"
            f" {_NOT_THERE}",
            "sender address|domain|verify|verification|callout|callback .. fail*|reject*|not|invalid|"
            "denied|refused|unknown|resolve*|blocked|unable|could|exist|found|mx",
            "sender .. verif*|callback|callout .. fail*|could|not|unable",
            "sender .. domain .. exist|resolve*|found|valid|mx|must",
            "sender .. not .. exist|found|allowed|accepted|valid|known|permitted",
            "domain .. sender .. not|invalid|exist|fail*|resolve*|unknown|mx",
            "domain of sender",
            "senders domain|address|mail .. not|invalid|exist*|unknown|fail*|no|doesnt|does",
            "invalid|unknown|bad|unroutable|unrouteable|unresolvable|nonexistent|blocked|rejected|"
            "unverified|illegal|undeliverable|null|malformed|unverifiable|unacceptable|unwanted"
            " (envelope|mail|domain|email|smtp|bounce) sender|originator|return|from|absender|originating",
            "mail from|envelope|return|bounce (command|address|domain|path|sender|host) .. reject*|not|"
            "invalid|denied|refused|resolv*|unknown|malformed|domain|nonexist*|unroutable",
            "verify|verification|resolve|find|deliver|bounce|reply .. sender|return|envelope",
            "sender|from|originator (address|domain) .. blacklist*|blocklist*|blocked|banned|denylist*",
            "return path|address .. not|invalid|fail*|exist|valid|verif*|resolv*",
            "from domain .. not|invalid|exist",
            "from address|addr .. not|invalid|exist|reject*|blocked|unknown|resolve",
            "null|empty|blank sender|return|mail|from|reverse|envelope",
            "bounce*|dsn .. not accepted|reject*|refus*|only|without",
            "from .. domain is invalid",
            "not accept* .. bounce*|null",
            "registered gateway user",
            "your .. domain|address|email (name|addr|address) .. not .. exist|resolve|valid|mx|found",
            "your .. address .. blocked|reject*|refused|blacklist*",
            "absender* .. nicht|ungultig*|ungueltig*|abgelehnt|unbekannt|existiert|verweigert|gesperrt",
            "expediteur .. inconnu|invalide|rejet*|refus*|bloque*|n|existe*|interdit",
            "remitente|remetente|mittente .. rechaz*|rejeit*|rifiut*|no|nao|invalid*|bloque*|non|recus*",
            "nadawc* .. odrzuc*|nie*|zablok*|niepraw*",
            "afzender .. geweigerd|ongeldig|niet|onbekend|geblokkeerd",
            "отправител* .. не*|отклон*|запрещ*|заблок*|отверг*",
            "发 件 人|方",
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
        "refused-for-this-sender",
        Category.POLICY,
        "RFC 3463 X.7.1; Exchange transport rules 5.7.1; Exim acl deny",
        (
            "recipient preferences|preference",
            "not accept|accepting|receive|allow|allowed|permit|want (any) mail|email|messages|emails from",
            "does not accept .. from (you|your|this|outside|external|unknown|sender)",
            "members|subscribers|subscriber only",
            "only .. members|subscribers|internal|authorized|trusted|approved|domain",
            "restricted .. group|list|recipient|senders|address|distribution|mailbox|delivery",
            "approved|authorized|permitted|allowed|accepted|authenticated senders",
            "not on .. allow*|whitelist|approved|safe|accepted",
            "sender .. not .. approved|whitelist*|members|allowlist*|safelist*",
            "moderat*",
            "blocked|rejected|refused|denied|prohibited by .. recipient|user|admin*|rule|rules|"
            "organization|customer|owner|sieve|filter|configuration|receiver",
            "recipient|user|receiver (has) reject*|blocked|refuse*|declined .. your|you|mail|message|"
            "this|sender|messages",
            "on .. users|recipients|personal .. blacklist|block|blocklist|list",
            "discard*|refused .. by .. rule*",
            "transport rules",
            "rejectmessage",
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
    Rule(
        "sender-at-mail",
        Category.POLICY,
        "RFC 3463 X.1.8",
        ("domain|host|user|address .. not exist|found|resolve|valid", "no such domain|user|host"),
        commands=frozenset(),
        enhanced=frozenset({"1.7", "1.8"}),
    ),
)

GREETING_NAMES = CONNECTING
