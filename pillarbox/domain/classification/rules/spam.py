"""Rules for messages that look like spam to a filter."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

SPAM_RULES = (
    Rule(
        name="spam",
        category=Category.SPAM_BLOCKED,
        source=(
            "Provider documentation of content filters: SpamAssassin, Rspamd, Barracuda, "
            "Cloudmark, Proofpoint, Mimecast, Gmail 5.7.1"
        ),
        says=(
            (
                "spam|spams|spammy|spamassassin|rspamd|dspam|spamicity|gtube|antispam|spamming|"
                "spammer|spamfilter|spamverdacht|spamcheck|spamming|spamlike|bogofilter|crm114|"
                "ham"
            ),
            (
                "junk|uce|ube|unsolicited|phish*|scam|fraud*|bulk|unerwunscht*|unerwuenscht*|"
                "indesirable*|nespam|pourriel"
            ),
            (
                "unwanted|undesirable|suspicious|suspected|offensive|objectionable|"
                "inappropriate|malicious (bulk|message|commercial|or|email|mail|content|words|"
                "url) content|mail|email|message|messages|url|urls|link|links|spam|words|"
                "commercial"
            ),
            (
                "message|mail|email|content|body (looks|appears|seems|is|was|has|been|"
                "considered|deemed|that) (likely|to|been) (be) suspicious|unsolicited|unwanted"
            ),
            (
                "surbl|uribl|dbl|url|urls|uri|uris|link|links .. blacklist*|blocklist*|listed|"
                "block*|malicious|phish*|reject*|reputation|contain*|suspicious|spam|bad|unsafe"
            ),
            (
                "contains|contain|containing .. url|urls|uri|link|links|domain|phrase|words|"
                "forbidden"
            ),
            (
                "content (has|was|is|been|contained|of|filter|policy) rejected|reject|blocked|"
                "filter*|refused|denied|objectionable|restriction*|unacceptable|violat*|match*"
            ),
            "blacklist*|blocklist*|listed url|urls|uri|link|links",
            "message|mail|email scored",
            "content filter*|restriction*|polic*|reject*|scan*|check*|based|rule*|violat*",
            (
                "message|mail|email|your .. filter|filtered|filters|filtering|scoring|"
                "classified|identified"
            ),
            "reject* .. content|filter*|pattern|phrase|score|scoring|keyword*|bayes*",
            "score|scoring|points .. high|exceed*|threshold|too|limit|over|reject*|of",
            "high score|probability|spamscore|score",
            "dt|mi|hl|rp spm",
            "fingerprint|bayes*|heuristic*|signature",
            "advertis*|publicite|werbung",
            "blocked .. content",
            "threat detect*|message",
            "quarantined|bulkmail|dcc|razor|pyzor",
            "url|urls|phone|keyword|word .. filter",
            "words in the|this message",
            "message|mail scored|held",
            "mail|message rejete*",
            "contenu .. refus*|rejet*|bloque*",
            "inhalt .. abgelehnt|gesperrt|blockiert",
            "contenido|conteudo|contenuto .. rechaz*|rejeit*|rifiut*|bloque*|prohib*",
            "tresc* .. odrzuc*|zablok*|niedozw*",
            "niechcian*",
            "rampspost|спам|спама|спамом|нежелательн*|рассылк*",
            "垃 圾",
            "迷 惑 メ",
            "内 容 .. 拒|含|非|不|垃|敏",
            "可 疑",
            "广 告",
            "스팸",
        ),
        unless=(
            "temporar* .. filter|scanner",
            "sender|recipient|address must contain",
            "spam folder",
            "filter .. error|fail*|unavailable|timeout",
            "no such|user unknown|does not exist",
            "bulk senders|sender guidelines",
            "sender|recipient addr|address .. rejected|refused .. policy",
            "access denied",
        ),
    ),
)
