"""Rules for recipients that do not exist.

A law of this file: a refusal that names a temporary condition, the client's own
account or its reputation (`NOT_DEAD`) never makes an address a dead one.
"""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_WHO = (
    "user|users|recipient|recipients|mailbox|mailboxes|account|accounts|address|"
    "addresses|alias|addressee|rcpt|inbox|login|person|username|receiver|mailuser|"
    "email|member|customer|subscriber|addr|localpart|usuario|utilisateur|empfanger|"
    "empfaenger|benutzer|utente|destinatario|destinataire|usuari|uzytkownik|"
    "uzytkownika|gebruiker|ontvanger|kasutaja|kasutajat|saaja|saajat|adresat|konto|"
    "odbiorca|destinataires|adresse|emailaddress|employee|name|mailaddress|student|"
    "userid|uid|mailaccount|postfach|id|rcptto|compte|recip"
)

_GONE = (
    "unknown|invalid|nonexistent|unresolvable|undeliverable|nonexisting|inconnu|"
    "inconnue|unbekannt|invalide|invalido|desconocid*|desconhecid*|sconosciut*|"
    "nieznan*|nieistniej*|onbekend|tundmatu|unroutable|unrouteable|inexistent*|"
    "inexistant*|inexistente|unknow|ungultig|ungueltig|nonexistant|unrecognised|"
    "unrecognized|unverifiable|unverified|errone*|incorrect|incorrecte|nevalide|"
    "notfound|unreachable|bad|moved"
)

NOT_DEAD = (
    (
        "temporar*|momentar*|temporaire*|voruebergehend*|vorubergehend*|temporane*|"
        "tymczasow*|tijdelijk*|временн*"
    ),
    ("try|retry|trying again|it|your|later|soon .. later|moment|soon|minutes|hours|seconds|few"),
    "try|retry again later",
    "again later|soon|tomorrow",
    "in progress",
    "right now",
    "later|spater|spaeter|pozniej|pozneje|позже",
    "plus tard",
    "mas|mais tarde",
    "currently (not|un) available|unavailable|accepting|unable",
    "at this time|moment",
    "greylist*|graylist*",
    "timed|timeout|limit",
    "time out",
    "reputation|blacklist*|blocklist*|spamhaus|dnsbl|rbl",
    (
        "your|client|source|sending ip|host|server|network .. block*|reject*|denied|"
        "listed|refused|bann*"
    ),
    "your account|sending|quota|password|credentials",
    "rate|throttl*|quota",
    "too many|fast",
    "relay|relaying denied|access|not",
    "spf|dkim|dmarc",
    "not verified",
    "authenticat* require*|fail*|unsuccessful|first",
    "spam|spammer|virus|malware",
    "稍 后|後",
    "暂|暫 时|時",
)
"""Words with which no refusal says that an address is dead."""

UNKNOWN_RECIPIENT_RULES = (
    Rule(
        name="recipient-unknown",
        category=Category.INVALID_RECIPIENT,
        source=(
            "RFC 5321 4.2.3: 550, 553; RFC 3463 X.1.1; Postfix reject_unlisted_recipient; "
            "Exim verify"
        ),
        says=(
            (
                "no|such|unknown|invalid|nonexistent|nonexisting|undefined|non|existent|"
                "existing|incorrect|illegal|unroutable|unrouteable|unrecogni*|bad|inexistent|"
                "undeliverable|unresolvable|wrong|unknow|unreachable|unverified|unverifiable|"
                "ambiguous|malformed|unavailable (such|or|local|email|mail|destination|to|"
                "recipient|existent|virtual|valid|smtp|existing|rcpt|illegal|invalid|final|"
                "system|e) (local|email|mail|recipient|user|illegal|virtual|recipients|to|"
                f"address|mailbox) {_WHO}|mailbox|part|destination|here|recipient|address|contact"
            ),
            (
                f"{_WHO} (addr|not|address|is|was|account|has|mailbox|name|does|email|named|here|"
                "in|s|mail|or|for|e|id|cannot) (not|is|was|address|or|no|be|name|email|mail|"
                f"mailbox) (not|currently|a|an) {_GONE}"
            ),
            (
                f"{_WHO} .. doesnt|dont|does|do|not|didnt (not|appear) (to|exists) exist|exists|"
                "existing|existe"
            ),
            (
                f"{_WHO} .. not|isnt|never|arent|cannot|couldnt (be|a|an|been|currently|in|have|"
                "yet|my|our) found|known|listed|local|valid|recogni*|registered|here|hosted|"
                "verified|resolved|existing|deliverable|present|defined|ours|available|located|"
                "existed|identified|provisioned|matched|mapped|match|allowed|reachable|"
                "resolvable"
            ),
            (
                f"{_WHO} .. not .. found|known|valid|recogni*|customer|subscriber|directory|"
                "database|list|mailbox|here"
            ),
            (
                f"{_WHO} .. no|isnt (longer|mailbox) .. exists|exist|here|valid|available|with|"
                "server|us|works|employed|found|system|on|in|account"
            ),
            (
                f"{_WHO} .. inconnu*|unbekannt*|existiert|n|desconocid*|desconhecid*|sconosciut*|"
                "nieznan*|onbekend*|tundmatu*|existe*|nieistn*|inexist*|bestaat|puudub|leitud|"
                "esiste|istnieje|bekannt|vorhanden|encontrad*|trovat*|gefunden|gevonden"
            ),
            (
                "inconnu*|unbekannt*|desconocid*|desconhecid*|sconosciut*|nieznan*|onbekend*|"
                f"tundmatu*|inexistant*|inexistente*|invalide|ungultige|ungueltige .. {_WHO}|"
                "adresat*|empf*|destin*|adres*"
            ),
            "doesnt|does|do|dont|did (not) have .. account|mailbox|user|inbox|email",
            (
                "no mailbox|account|user|one|person|recipient|record .. here|name|named|with|"
                "matching|by|found|that|for|available"
            ),
            (
                "not our|a (a|valid|known|local|our) customer|user|recipient|mailbox|subscriber|"
                "account|address|member"
            ),
            "account|mailbox|user|email .. tried to reach .. not exist|found",
            (
                "not .. find|found|locate .. user|recipient|mailbox|account|addr|address|alias|"
                "person"
            ),
            "find|locate .. recipient domain",
            (
                "unable|cannot|failed|not|could|impossible|fails to (find|deliver|verify|route|"
                "locate|resolve|validate|lookup) .. user|recipient|mailbox|account|addr|alias|"
                "person"
            ),
            "addr invalid|unknown|undeliverable",
            "badrcptto|badrcpt",
            (
                "bad|invalid|malformed|illegal|incorrect destination|recipient|rcpt|mailbox|"
                "addr|address"
            ),
            "user|recipient|address|mailbox|email|addr|destinataire .. moved|changed",
            "restricted|illegal|invalid|disallowed characters .. address|recipient",
            "list of allowed recipients",
            "non|no|nao|nie existe|esiste|istnieje",
            "existiert nicht",
            "n existe pas|plus",
            "improper recipient|address",
            "cannot|could reach|access mailbox|account|user",
            "final email|mail delivery point",
            "recipient verify|verification .. fail*|problem",
            "recipient syntax",
            "not (a) recogni* .. account|user|recipient|mailbox|address",
            "not known at|here|on|to",
            "email (address|addr|name|account) (does|doesnt) not exist",
            "no users here|by",
            "handle mail for that|this user",
            (
                "mailbox|account|user|addr|recipient (is|has) (been) (been) (removed|or) "
                "deleted|removed"
            ),
            "not listed in .. directory|domino|address|book|public",
            (
                "not in .. directory|database|my|our (list|user|recipient) .. users|user|"
                "recipients|directory|table|list"
            ),
            (
                "malformed|bad|illegal|invalid|incorrect|syntax|syntactically .. address|addr|"
                "mailbox"
            ),
            "address|mailbox|recipient|addr .. syntax|malformed|rfc",
            (
                "unknown|illegal|invalid|bad|nonexistent|unresolvable .. alias|user|recipient|"
                "mailbox|rcpt|localpart"
            ),
            "alias .. unknown|invalid",
            "user unknown|unknow|uknown|invalid",
            (
                "all|relevant|none (of) (the|relevant|recipients|your) .. recipients|addresses "
                ".. invalid|rejected|bad|unknown|valid|refused"
            ),
            "recipient table|validation",
            "user search",
            "chkuser|chkusr",
            "account|mailbox|user|recipient|addr .. closed|gone",
            "gone away",
            "mailbox|recipient|user|addr (is|not) unavailable|available|inaccessible",
            "double checking .. recipients",
            "rcpt to .. invalid|unknown|rejected|not",
            "no such",
            "cannot|not|unable .. deliver (mail) for|to addr",
            "recipient is not allowed|acceptable",
            "may not exist",
            "marked as invalid",
            "no valid recipients|recipient",
            "recipients (are) invalid",
            "doesnt live|work here|at",
            "not here",
            "nobody .. here|name|by",
            "who are you looking",
            "ei ole|eksisteeri",
            "не существ*|найден*|зарегистр*|обслуж*",
            "нет такого|таких|такой|пользовател*|ящик*|адрес*",
            ("неизвестн*|несуществ*|недействит*|неверн* .. пользовател*|получател*|адрес*|ящик*"),
            (
                "пользовател*|получател*|адрес*|ящик*|абонент* .. не|неизвест*|несущест*|"
                "отсутств*|удален*"
            ),
            "收 件 人|方 .. 不|错|误|无",
            "不 存 在",
            "用 户|戶 .. 不|无|未",
            "地 址 .. 不|错|误|无",
            "邮 箱 .. 不|未|无|错",
            "无 此|法 .. 用|人|户",
            "存 在 し",
            "宛 先 .. 不|見|存|な|無",
            "見 つ か",
            "ユ ー ザ .. 不|存|い|な|知",
            "없|알 수",
        ),
        unless=(
            *NOT_DEAD,
            (
                "sender|originator|absender|expediteur address|addr|verify|domain|not|unknown|"
                "invalid|ip|is"
            ),
            "发|寄 件|信 人|方",
            "from .. domain|address|header",
            "domain .. not|unknown|invalid|doesnt|does .. user",
            "host|hostname|server|helo|command|ip not|unknown|invalid|unresolv*",
            "message id|header|attachment|content",
            "permission|permitted|allowed|authori* to|from",
            "delivery not authori*",
            "not allowed|permitted|authori*",
            "policy|violation|prohibit*|restrict*",
            "domain|host (name|part) (does|is) not|unknown|found",
            "system not accepting",
            "destination system|host|server|domain",
            "unknown|invalid|no|bad recipient|destination domain",
            "ip|domain|organization .. restricted",
            "no such domain|host|command|message|file",
            "network|dns|mx|nameserver",
            "unknown|invalid|no|illegal|bad (destination) domain|host|system",
            "media error",
            "not verified",
            "disabled|inactive|suspended",
            "unknown|not .. hop|loop",
            "preferences",
            "client host",
            "mail|message|email refused|rejected .. destination",
            "all recipient addresses",
        ),
    ),
    Rule(
        name="recipient-refused",
        category=Category.INVALID_RECIPIENT,
        source=(
            "Exchange Online directory-based edge blocking: 550 5.4.1; Yahoo dd errors; Domino"
        ),
        says=(
            "recipient address rejected access denied",
            "mailbox name not allowed",
            "not .. deliver* .. addr|user|mailbox|recipient",
            "dd .. user|account|yahoo",
            "no .. mailbox|recipient|user .. name|here|found",
            "invalid|nonexistent .. domain|destination .. user|recipient|mailbox",
        ),
        unless=(
            *NOT_DEAD,
            "media|content|virus",
            "policy|violation|relay*|authori*|domain|system|network|host|client",
        ),
    ),
)
