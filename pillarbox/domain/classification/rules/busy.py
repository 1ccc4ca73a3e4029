"""Rules for a server in trouble; last of the rules by text, for their words stand in many."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule
from pillarbox.domain.reply import Severity

BUSY_RULES = (
    Rule(
        name="unexplained-error",
        category=Category.OTHER,
        source="RFC 3463 X.3.0 and X.3.5: a mailer that failed and does not say of what",
        severity=Severity.PERMANENT,
        says=(
            "unknown|unspecified (mailer) error",
            "mailer error",
            "config error",
        ),
    ),
    Rule(
        name="server-busy",
        category=Category.SERVER_BUSY,
        source="RFC 5321 4.2.1: 421, 451, 452; RFC 3463 X.3.1, X.3.2, X.4.5",
        says=(
            (
                "try|trying|retry (it|the|your|this|to|sending|mail|message|delivery|"
                "transmission) again|later|soon"
            ),
            "again .. later|soon|moment",
            "please retry",
            "right now",
            "come|call|retry|resend|send .. back|later|again",
            (
                "temporar*|transient|momentar*|temporaire*|vorubergehend*|voruebergehend*|"
                "temporan*|momentan*|tymczasow*|tijdelijk*|ajutine|ajutiselt|временн*"
            ),
            (
                "busy|overload*|congest*|maintenance|shutting|shutdown|starting|reboot*|wartung|"
                "ocupado"
            ),
            "load .. high|too|average|exceed*|system|limit",
            "high|system|heavy|excessive|server load",
            (
                "service|server|system|resources|resource|host|smtp|mail|mailserver|gateway|site"
                " (is|not|currently|temporarily|server) (currently|temporarily|is|not) "
                "unavailable|available|down|offline|ready|closing|problem|problems|error|"
                "failure|overload*|full|limited"
            ),
            "service not available",
            "system not accepting messages|mail",
            "cannot|cant|couldnt|could|unable (not) (be) create|open|read|write|processed|process",
            "service|resources (is) unavailable",
            (
                "insufficient|low|out|not|lack|no|limited (of|on|enough|sufficient|system|"
                "server|queue|free|disk) (system|server|queue|disk|enough) storage|resources|"
                "memory|space|resource|disk|diskspace|inodes"
            ),
            (
                "internal|system|local|software|database|server|backend|unexpected|processing|"
                "configuration|config|io|i|unknown|general|unspecified|mailer (server|o|system|"
                "software|mailer|processing|policy|mail) error|problem|failure|errors|fault|"
                "exception|misconfigur*"
            ),
            "misconfigur*|crashed|malfunction*|panic",
            "lookup|data|expansion|execution|delivery|maildir|io error",
            "command died",
            "dot lock",
            "cannot|cant|could|unable (not) (to|be) open|create|lock|chdir|store|stored",
            "ports are busy",
            "closing connection",
            "error .. processing|in processing|occurred|writing",
            "queue (file|is|write|disk|space) full|error|write|too|limit*|not|overload*",
            "queue|spool file .. written|opened|created|write|open|create",
            "timeout|timed|lifetime|idle|inactivity",
            "time out|limit exceed*|reached|expired",
            (
                "connection|session|transaction|data|message (has|was|is|timeout|to) lost|"
                "closed|dropped|expired|aborted|reset|timeout|lifetime|unexpectedly"
            ),
            "closing transmission|control|connection|idle",
            "closing connection|channel|transmission",
            ("lookup (service|server|table|error) fail*|failure|error|unavailable|timeout|timed"),
            (
                "lookup|resolution|verification|resolver|dns|ldap|sql|mysql|database|directory|"
                "map .. temporar*|defer*|timeout|timed|later"
            ),
            (
                "could|cannot|unable|not|cant|couldnt|failed .. complete|process|connect|create|"
                "open|write|lock|access|contact|establish|verify .. now|moment|time|file|queue|"
                "later|connection|server|database|backend|message|scanner|recipient"
            ),
            "cannot|not|unable .. accept|process|deliver* .. at this|the time|moment",
            "mail system full",
            "delayed|deferred|queued|requeue*|requeu*",
            "upstream error|server|timeout",
            "agent busy",
            "reessay*|ulterieurement|plus tard",
            "indisponib*|indisponivel|niedostepn*|nicht verfugbar|verfuegbar|erreichbar",
            (
                "spater|spaeter|later|pozniej|nuevamente|novamente|riprova*|intente|tente|"
                "probeer|ponown*|sprobuj|hiljem|uuesti|attente|erneut"
            ),
            "позже|позднее|повтор*|недоступ*|занят|перегруж*",
            "稍 后|後",
            "系 统|統 .. 忙|错|繁|误",
            "服 务 器 .. 忙|错|繁|不",
            "暂|暫 时|時",
            "し ば ら く",
            "一 時",
            (
                "virus|spam|content scanner|scan|filter (is) error|fail*|unavailable|timeout|"
                "timed|busy"
            ),
            "scanner|milter|filter .. unavailable|fail*|error|problem|timeout|timed",
        ),
    ),
)
