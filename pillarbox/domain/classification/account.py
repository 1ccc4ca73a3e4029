"""Rules for replies about the client's own account: who we are, and what it may send.

None of this says anything about the recipient, whatever the code: an address that
is "not verified" here is one that our provider does not let us send from.
"""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_CREDENTIALS = (
    "credential*|password|passwords|passwort|username|login|passwd|contrasena|senha|token|apikey|"
    "motdepasse"
)
_REFUSED = (
    "fail*|unsuccessful|invalid|reject*|denied|incorrect|wrong|bad|refused|disabled|expired|"
    "mismatch|not|unable|error|require*|revoked|missing|falsch|unknown"
)

LOGIN_RULES = (
    Rule(
        "temporary-authentication-failure",
        Category.SERVER_BUSY,
        "RFC 4954 4.7.0: 454",
        (
            "temporary authentication failure",
            "cannot|unable .. authenticate .. temporar*|system",
            "authenticat* .. temporar* .. unavailable|problem|fail*|error",
            "authenticat* (server|service|backend) .. unavailable|timeout|unreachable|down",
        ),
    ),
    Rule(
        "too-many-logins",
        Category.RATE_LIMITED,
        "Gmail SMTP errors 4.7.0; SendGrid SMTP errors 451",
        (
            "too many|much .. login|logins|auth|authentication* .. attempts|failures|failed|errors",
            "too many .. login*|authenticat*|password* (attempts|failures|errors)",
            "login|auth|authentication rate|frequency limit*",
            "credits exceed*",
            "throttling failure",
        ),
        unless=("unauthenticated",),
    ),
    Rule(
        "login-refused",
        Category.AUTH,
        "RFC 4954 4, 6: 530, 534, 535",
        (
            f"auth|authentication|authenticate|sasl|smtpauth|authentification (has|mechanism|credentials)"
            f" {_REFUSED}",
            "authentication .. fail*|unsuccessful|credentials|disabled|rejected|required|invalid",
            "smtpclientauthentication",
            "smtp auth* .. require*|must|disabled|not|need*|first",
            "must|need|please|should .. authenticate* .. first|before|to|smtp",
            "must (be) authenticat*",
            "not (been) (yet) authenticated|logged",
            "unable to authenticate",
            "could not authenticate|log",
            "client .. not authenticated",
            "require* .. auth|authentication|authenticate|authenticated|login",
            "authenticat* require*",
            "authenticat* .. before sending",
            "unauthenticated senders|sender|users|user|client|commands|connection|connections|relay*",
            f"invalid|incorrect|bad|wrong|unknown|expired (smtp|login|user|relay|api|or) {_CREDENTIALS}",
            f"{_CREDENTIALS} .. {_REFUSED}",
            "application specific password",
            "log|sign in .. browser|webmail|first|again",
            "login fail*|denied|refused|require*|incorrect|disabled",
            "logon|login .. fail*|denied",
            "authenticat* .. fail* & password|username|login|credentials",
            "api key .. invalid|expired|disabled|revoked|not|wrong",
            "invalid|bad|wrong|unknown|missing api key",
            "pop before smtp",
            "pop3|imap .. before|first|login .. smtp|sending",
            "smtp .. before .. pop",
            "xoauth2|oauth*|sasl .. fail*|invalid|error|expired|denied|rejected",
            "account .. not .. smtp|authori*",
            "mechanism .. disabled",
            # other languages
            "authentif* .. requis*|obligat*|invalide|incorrect*|echou*|echec|necessaire",
            "echec|erreur .. authentif*",
            "identifiant* .. incorrect*|invalide*|errone*",
            "mot de passe",
            "anmeldung|authentifizierung|authentisierung .. fehl*|erforderlich|notwendig|ungultig|"
            "ungueltig|gescheitert",
            "passwort|kennwort|zugangsdaten|benutzername .. falsch|ungultig|ungueltig|inkorrekt",
            "falsch* .. passwort|kennwort|zugangsdaten|benutzername",
            "autenticacion|autenticacao|autenticazione|autenticacio .. fall*|requer*|incorrect*|"
            "rechazad*|invalid*|richiest*|necess*|fallit*|obrigator*|erro*|falh*|error*",
            "falha|erro|error|errore .. autentica*",
            "contrasena|senha|clave .. incorrect*|invalid*|errone*",
            "usuario .. contrasena|senha",
            "uwierzytelni* .. wymagan*|nie*|blad|blednym",
            "blad|nieudan*|nieprawidlow*|bledn* .. uwierzytelni*|haslo|logowan*",
            "authenticatie .. mislukt|vereist|nodig|ongeldig",
            "wachtwoord",
            "autentim* .. nurju*|ebaonn*|noutav|vajalik",
            "授 权 码",
            "密 码 .. 错|误|不|失",
            "认 证 失|错",
            "登 录|陆 .. 失|错|授",
            "身 份 验|认",
            "認 証",
            "パ ス ワ ー ド",
            "аутентификац*|авторизац* .. не*|ошибк*|требу*|отказ*",
            "ошибк*|неверн*|неправильн* .. аутентификац*|авторизац*|парол*|логин",
        ),
        unless=(
            "spf|dkim|dmarc|domainkeys|ptr",
            "authentication check*|level|result*|information|requirements|policy",
            "helo|ehlo .. require*",
            "encryption require*",
            "user|recipient|mailbox|account|addr unknown|invalid",
            "recipient .. required",
            "unauthenticated mail|email|messages",
            "sender authentication|authenticat*",
            "ipv6",
            "no such user",
        ),
    ),
)

RELAY_RULES = (
    Rule(
        "relay-account-limit",
        Category.RATE_LIMITED,
        "Amazon SES quotas; SendGrid SMTP errors; Gmail sending limits",
        (
            "throttl*",
            "maximum sending rate exceeded",
            "daily|hourly|monthly|sending|relay|outbound|outgoing|plan|account|user|message|email|"
            "smtp|submission|domain|customer|sender|mail"
            " (sending|message|messages|email|user|relay|usage|mail|recipient|smtp|rate|submission)"
            " quota|limit|limits|allowance|limitation .. exceed*|reach*|over|hit|used|surpass*",
            "exceed*|reach*|over|hit|above .. daily|hourly|monthly|sending|relay|outbound|outgoing|plan|"
            "submission|allowed .. quota|limit|limits|rate|number|amount|emails|messages|allowance",
            "quota .. sending|messages|per|hourly|daily|relay",
            "quota exceeded .. sending|messages|day|hour|minute",
            "policy rejection quota",
            "frequency limit*",
            "freq* .. limit*|too|excee*",
        ),
        unless=(
            "size|bytes|kb|mb|large|length",
            "mailbox|inbox|recipients .. quota|full|storage",
            "storage|disk|space",
            "reputation",
            "hop|received",
            "too many recipients",
            "connection*|sessions|session",
            "ip reputation|complaint*",
            "same message id",
            "daily relay quota",
        ),
    ),
    Rule(
        "sender-identity-not-ours",
        Category.AUTH,
        "Amazon SES identities; SendGrid sender identity; Microsoft 365 5.7.60; Postfix "
        "reject_sender_login_mismatch",
        (
            "email|sender|from|address|identity|identities|domain|domains (address|domain|addr) .. not"
            " (been|yet) (yet|been) verified|confirmed|activated",
            "not verified|validated .. identit*|sender*|address*|domain*|region",
            "identities failed",
            "verified sender",
            "sender identity",
            "unverified sender|from|domain",
            "not .. match .. verified|authenticated|login|logged|credentials|identity|user",
            "send as",
            "send on behalf",
            "not owned by",
            "sender .. not .. belong|own*|match|correspond",
            "from|sender .. must (be) .. same|match|equal .. auth*|user|login|account|smtp",
            "mail from|sender .. must .. authori*|auth* user|username",
            "not|isnt|arent authori*|allowed|permitted|entitled (to) (send|relay|use|submit) "
            "(mail|email|messages|emails|message|through) (as|from|using|with|on|that|this)"
            " (that|this|the|your|behalf|email) from|address|behalf|as|sender|domain|server|relay",
            "not|isnt|arent authori*|allowed|permitted .. to send|submit (mail|email|messages|as|from)",
            "not|isnt|arent authori* .. from|sender .. address|domain",
            "not registered .. from|sender|send|domain",
            "sender|from|domain .. not .. authori*|allowed|permitted|registered|provisioned|configured"
            " .. account|user|relay|login|send|server",
            "sandbox .. not|only|authori*|verified|domain|subdomain*",
            "authori* recipients",
            "domain .. not .. allowed to send",
            "sending domain .. not .. verif*|configured|registered|found",
        ),
        unless=(
            "spf|dkim|dmarc|domainkeys",
            "ptr|rdns|reverse",
            "recipient|recipients|group|list|organization .. only",
            "addr|user|recipient|sender|domain .. unknown",
            "verification fail*",
            "relay*",
            "authori* .. email directly",
        ),
    ),
    Rule(
        "relay-account-suspended",
        Category.AUTH,
        "Amazon SES; Mailgun; SendGrid; Postmark; Brevo: state of the sending account",
        (
            "sending .. paused|suspended|disabled|deactivated|blocked .. account|your|this",
            "your .. account .. suspend*|disabled|blocked|paused|review|deactivat*|inactive|frozen|"
            "closed|terminated|expired|not|limited|restricted",
            "smtp|sending|sender|relay|api|customer account .. suspend*|disabled|blocked|paused|"
            "not|inactive|deactivat*|review|expired|locked",
            "sending .. paused",
            "account .. disabled|suspended|inactive|not .. sending|send",
            "account .. under review|evaluation",
            "server .. inactive .. postmark|account",
            "domain .. disabled|suspended|inactive .. send*",
            "billing|unpaid|payment|subscription .. overdue|fail*|expired|require*|past",
            "tenant .. not|disabled|suspended|exceed*|blocked",
            "bad outbound sender",
            "restricted .. sending|outbound .. account|email|messages",
            "not activated|active .. smtp|sending",
            "not .. activated .. account|smtp",
        ),
        unless=(
            "recipient|recipients|destinataire",
            "spf|dmarc|dkim",
            "user addr",
            "connection|ip",
        ),
    ),
    Rule(
        "relay-denied",
        Category.AUTH,
        "RFC 5321 3.6.2: 550 relaying; Postfix reject_unauth_destination; qmail rcpthosts",
        (
            "relay|relaying (access|mail|of|attempt|from|to|for|through|is|has|been|not) denied|prohibited|"
            "forbidden|refused|disallowed|rejected|disabled|blocked|permitted|allowed|accepted|"
            "restricted|failed|unauthori*",
            "relay|relaying .. not|denied|prohibited|forbidden|disallowed|refused",
            "not|no|unable|cannot|never|dont|wont|doesnt|isnt .. relay|relaying|relayed",
            "unauthori*|insecure|illegal|open|third|invalid|cant (party|mail) relay|relaying",
            "mail relay denied",
            "no relaying",
            "relayed .. not",
            "relay .. authentication|auth|authori*|authentifi*",
            "rcpthosts",
            "validrcpthosts",
            "not .. configured|permitted .. relay*",
            "credentials for relay",
            "not .. gateway .. relay",
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
