"""Rules for replies that find us too fast, too many or too often."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_MANY = "too|so|exceed*|over|reached|maximum|max|limit|excessive|many|more"

RATE_RULES = (
    Rule(
        name="same-message-too-often",
        category=Category.POLICY,
        source="Gmail SMTP errors 4.7.28: same Message-ID",
        says=("same message id",),
    ),
    Rule(
        name="too-many-recipients",
        category=Category.RATE_LIMITED,
        source="RFC 5321 4.5.3.1.10: 452, or 552 for 452; RFC 3463 X.5.3",
        says=(
            (
                "too many (rcpt|valid|envelope|local|invalid|unknown|bad|nonexistent) "
                "recipients|rcpts|rcpt|addresses|receivers|destinations|recips|destinataires"
            ),
            "too much recipients",
            "number of recipients .. exceed*|too|limit|over|large",
            (
                "recipients|recipient|rcpt (count|per|number|limit|rate) (message|session|"
                "transaction) limit|exceed*|exceeds|too|reached"
            ),
            "max*|maximum|limit (number) (of) recipients",
            ("exceed*|reached .. recipients|rcpt|recipient .. per|limit|number|maximum|allowed"),
            "exceed*|too|maximum .. number of recipients|rcpt",
            "reduce the number of recipients",
            "split transaction",
            (
                "one|single|multiple recipient|recipients|destination|domains .. at a time|only|"
                "transaction .. time|retry"
            ),
            "rcpt sent too",
            "empfanger|empfaenger .. zu viele|maximal|limit",
            "zu viele empfanger|empfaenger",
            "trop de destinataires",
            "demasiados|muitos|troppi|zbyt destinatari*|destinatar*|wiele",
        ),
        unless=(
            "ip|host|server .. blocked|block",
            "blocked .. too many",
            "spam",
            "multiple destination domains",
        ),
    ),
    Rule(
        name="recipient-rate",
        category=Category.RATE_LIMITED,
        source=(
            "Gmail SMTP errors 4.2.1 and 5.2.1 ReceivingRate; Microsoft 365 5.2.121 and 5.2.122"
        ),
        says=(
            "receiving mail|messages|email (at) (a) rate|too",
            "receiving rate",
            "user|recipient .. receiv* .. too|rate|limit",
            "recipient|user|mailbox .. exceed* .. message rate",
        ),
        unless=("storage|quota|full",),
    ),
    Rule(
        name="messages-per-session",
        category=Category.RATE_LIMITED,
        source="Exim smtp_accept_max_per_connection; GoDaddy IB510; SparkPost's 100 a connection",
        says=(
            (
                f"{_MANY} .. messages|message|mails|emails|mail|email|transactions (count) "
                "per|in|on|for|over (this|the|one|a|each|single|same|your) (smtp) "
                "connection|session"
            ),
            (
                "message|messages|mail|email|transaction limit|count|quota|maximum "
                "(reached|exceeded) per|in|on|for (this|the|one|a|each|single|same|your) (smtp) "
                "connection|session"
            ),
            (
                "session|connection message|messages|mail|email|transaction "
                "limit|count|quota|maximum exceed*|reached|hit"
            ),
        ),
        unless=("size|bytes|octets", "reputation|spam|spamtrap|unsolicited|complaint*"),
    ),
    Rule(
        name="rate-limit",
        category=Category.RATE_LIMITED,
        source=(
            "RFC 5321 4.2.1: 421, 450, 451; Postfix anvil(8); Exim ratelimit; Microsoft 4.7.652"
        ),
        says=(
            (
                f"{_MANY} (many|much|number|concurrent|simultaneous|open|parallel|of|smtp|tcp|"
                "connected|new|the|active|your|allowed) (of|concurrent|simultaneous|open|"
                "parallel|number|smtp|inbound) (of) connection|connections|sessions|session|"
                "clients|threads|deliveries|connects|conns"
            ),
            (
                "connection|connections|session|sessions|thread|threads|concurrency|connexions|"
                "connexion (count|rate|per|from|frequency|attempt|number) limit*|exceed*|"
                "reached|too|throttl*|quota|rate"
            ),
            (
                "concurrent|simultaneous|parallel connection*|session* .. limit*|exceed*|"
                "reached|too|many|max*"
            ),
            "connection* .. limit* .. exceed*|reached",
            (
                "exceed*|reached|over|hit .. connection|connections|session|sessions|"
                "concurrency|message|messages|email|mails|mail|delivery|sending|recipient|rate|"
                "hourly|daily|volume (rate|per|count|sending) limit*|rate|quota|allowed|per|"
                "threshold|number|maximum|exceed*"
            ),
            (
                "rate|ratelimit*|ratecontrol|rates (of|control|controlled|is|has|for|exceeded|"
                "limit|limits) limit*|exceed*|restrict*|control*|throttl*|too|high|limited"
            ),
            "ratelimit*|ratelimited|throttl*|ratecontrol",
            "rate limit*|control*|exceed*|reached|policy",
            (
                "too many|much (new|smtp|incoming|bulk|of|same|unsolicited|similar|identical|"
                "concurrent|recent|unauthenticated) (email|mail|unique) messages|emails|mails|"
                "mail|email|deliveries|requests|transactions|senders|attempts|ips|hits|"
                "messsages|helo"
            ),
            (
                "too many|much|high|excessive|unusual|increased|unexpected (message|mail|email|"
                "sending) (number|rate|amount) volume|traffic|rate|frequency|amount"
            ),
            "same size mails|messages",
            "max|maximum number of .. messages|mails|emails|recipients|connections|attempts",
            "received|receiving too much|many mail|email|mails|messages",
            "max|maximum emails|messages|mails per",
            "out of allow* rcpt|recipients",
            "allowed|may|can (only) (to) send .. messages|mails|emails .. hour|day|period",
            "too fast|quickly|often|frequent*|rapid*",
            "sending|sent|send .. too|faster|quickly|rate|many messages|mail",
            "excessive|unusual|high .. volume|number|rate|amount|traffic",
            "slow|slowing (it|your|mail) down",
            (
                "number of (messages|mails|emails|connections|sessions|concurrent|deliveries|"
                "allowed|sent) .. exceed*|reached|limit|per"
            ),
            (
                "limit* .. number of|messages|connections|per hour|minute|second|day|connection|"
                "session|ip|hour"
            ),
            (
                "messages|mails|emails|recipients|connections per (smtp) hour|minute|second|day|"
                "connection|session|ip|sender|domain|transaction"
            ),
            (
                "max*|maximum .. messages|message|mails|emails .. connection|session|hour|day|"
                "reached|exceed*"
            ),
            (
                "message|messages|sender|domain|sending|email|mail|hourly|daily|ip|user|send|"
                "recipient|receive (count|submission|sending|rate|frequency) limit|limits|"
                "threshold|quota (has|is|of|was|for) (been) exceed*|reached|over|hit"
            ),
            "exceed* .. administrat* limit*",
            "limit* .. exceed* .. customer|user|recipient",
            "concurren* (connection) limit*|exceed*",
            "flood*|flooding",
            "mailbomb*",
            "mail|recipient|account quota exceeded .. day|hour|period",
            "quota|limit exceeded exception",
            "submission|sending quota exceeded",
            "resource*|quota .. restrict* .. temporar*",
            "ib101|tss09|rly|rl000001|rl000002|rl000003",
            (
                "trop|zu|demasiad*|muit*|troppe|zbyt|teveel|muitas (de|viele|many|wiele|veel|"
                "beaucoup) connexions|connexion|verbindungen|conexiones|conexoes|connessioni|"
                "polacz*|verbindingen|messages|nachrichten|mails|mensajes|mensagens|messaggi|"
                "wiadomosci|emails|sessions"
            ),
            "temporarily deferred",
            (
                "limite|limit|limiet|grenze .. depasse*|excedid*|ultrapass*|superat*|przekrocz*|"
                "uberschritten|ueberschritten|overschreden|alcanzad*|atingid*|erreicht|atteint*"
            ),
            "przekrocz* .. limit*",
            "превыш* .. лимит*|огранич*|числ*|количеств*|частот*",
            "лимит* .. превыш*|исчерпан*",
            "слишком много|част*",
            "频 率|繁",
            "超 过 .. 限|频|连",
            "连 接 .. 多|超|限",
            "送 信 .. 制 限|超",
            "接 続 .. 多|超|制 限",
            "liiga palju",
        ),
        unless=(
            "mail data",
            "storage|quota|mailbox|inbox|disk .. full|mailbox|storage|out|over",
            "mailbox|inbox|storage size|exceed*|quota|full|limit",
            "size|bytes|kb|mb|length|octets",
            "hop|hops|received",
            "mime|parts|attachments",
            "too many messages .. mailbox|inbox|on|stored",
            "not|no .. exceed*",
            "reputation|spam|spamtrap|unsolicited|complaint*",
            "timeout|lifetime",
            "headers|header",
            "rate .. unauthenticated",
            "unresolvable",
            "too long|large|big",
            "大 小",
        ),
    ),
)
