"""Rules for replies about who we are: credentials, and how often we present them."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

_CREDENTIALS = (
    "credential*|password|passwords|passwort|username|login|passwd|contrasena|senha|"
    "token|apikey|motdepasse"
)

_REFUSED = (
    "fail*|unsuccessful|invalid|reject*|denied|incorrect|wrong|bad|refused|disabled|"
    "expired|mismatch|not|unable|error|require*|revoked|missing|falsch|unknown"
)

LOGIN_RULES = (
    Rule(
        name="temporary-authentication-failure",
        category=Category.SERVER_BUSY,
        source="RFC 4954 4.7.0: 454",
        says=(
            "temporary authentication failure",
            "cannot|unable .. authenticate .. temporar*|system",
            "authenticat* .. temporar* .. unavailable|problem|fail*|error",
            (
                "authenticat* server|service|backend|daemon .. unavailable|timeout|unreachable|"
                "down|lost"
            ),
        ),
    ),
    Rule(
        name="client-rate",
        category=Category.RATE_LIMITED,
        source="Gmail SMTP errors 4.7.0; SendGrid SMTP errors 451",
        says=(
            "login|auth|authentication rate|frequency limit*",
            "too many auth|authentication .. requests|commands",
            "credits .. exceed*|exhausted|used",
            "frequency limit*",
            "throttling failure",
        ),
        unless=("unauthenticated",),
    ),
    Rule(
        name="login-refused",
        category=Category.AUTH,
        source="RFC 4954 4, 6: 530, 534, 535",
        says=(
            (
                "auth|authentication|authenticate|sasl|smtpauth|authentification (has|mechanism|"
                f"credentials) {_REFUSED}"
            ),
            ("authentication .. fail*|unsuccessful|credentials|disabled|rejected|required|invalid"),
            "smtp client authentication .. disabled|not",
            "smtp auth* .. require*|must|disabled|not|need*|first",
            "must|need|please|should .. authenticate* .. first|before|to|smtp",
            "must (be) authenticat*",
            "turn on|enable|use .. authentication",
            "authentication turned on",
            "not (been) (yet) authenticated|logged",
            "unable to authenticate",
            "could not authenticate|log",
            "client .. not authenticated",
            "require* .. auth|authentication|authenticate|authenticated|login",
            "authenticat* require*",
            "authenticat* .. before sending",
            (
                "unauthenticated senders|sender|users|user|client|commands|connection|"
                "connections|relay*"
            ),
            "senders|users|clients|connections .. unauthenticated",
            (
                "invalid|incorrect|bad|wrong|unknown|expired (smtp|login|user|relay|api|or) "
                f"{_CREDENTIALS}"
            ),
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
            (
                "too many|much .. login|logins|auth|authentication|password .. attempts|"
                "failures|failed|errors|fails"
            ),
            "identity change*",
            "insufficient authori*",
            "sasl response",
            "please|must receive|check your mail before",
            "user|username .. password .. invalid|incorrect|wrong",
            "incorrect|invalid|wrong user .. password",
            "only registered|authenticated users",
            "authori* .. email directly",
            "auth|authentication|sasl (exchange) aborted|cancelled|canceled",
            "authentif* .. requis*|obligat*|invalide|incorrect*|echou*|echec|necessaire",
            "echec|erreur .. authentif*",
            "identifiant* .. incorrect*|invalide*|errone*",
            "mot de passe",
            (
                "anmeldung|authentifizierung|authentisierung .. fehl*|erforderlich|notwendig|"
                "ungultig|ungueltig|gescheitert"
            ),
            ("passwort|kennwort|zugangsdaten|benutzername .. falsch|ungultig|ungueltig|inkorrekt"),
            "falsch* .. passwort|kennwort|zugangsdaten|benutzername",
            (
                "autenticacion|autenticacao|autenticazione|autenticacio .. fall*|requer*|"
                "incorrect*|rechazad*|invalid*|richiest*|necess*|fallit*|obrigator*|erro*|falh*|"
                "error*"
            ),
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
            "group|resolver|delivery restriction",
            "resolver",
        ),
    ),
)
