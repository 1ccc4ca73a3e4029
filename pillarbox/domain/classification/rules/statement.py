"""Rules for sentences that no other rule knows: whom they speak of, and what they say of it.

Servers word their complaints freely, but out of few parts: a subject (the sender, the
client, the recipient, …) and a complaint (refused, not there, out of use, broken). A
sentence that brings one of each together is read by this table. A subject that blames
us comes before one that blames the recipient, as everywhere (`order.py`).
"""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule
from pillarbox.domain.classification.rules.unknown_recipient import NOT_DEAD
from pillarbox.domain.reply import Severity

_REFUSED = (
    "reject*|refus*|denied|deny|denies|block*|bann*|forbid*|prohibit*|disallow*|"
    "unauthori*|unacceptable|unwelcome|restrict*|hangup|bad|blacklist*|bogus|"
    "suspicious|dead|no|not|never|isnt|cannot|doesnt|must|without|only|abus*|spam*|"
    "verweiger*|abgelehnt|abgewiesen|gesperrt|interdit*|rejet*|bloque*|bloqu*|"
    "rechaz*|rejeit*|rifiut*|respint*|odrzuc*|zablok*|geweigerd|geblokkeerd|keela*"
)

_NOT_THERE = (
    "unknown|invalid|bad|fake|bogus|wrong|incorrect|malformed|missing|empty|"
    "nonexist*|inexist*|unresolv*|unvalidated|unverified|mismatch*|undefined|"
    "illegal|unsubscribed|no|not|isnt|doesnt|dont|cannot|must|fail*|error|"
    "ungultig*|unbekannt*|falsch*|invalide|inconnu*|invalid*|desconocid*|"
    "desconhecid*|sconosciut*|nieznan*|onbekend*|tundmatu"
)

_CERTAINLY_NOT_THERE = (
    "unknown|invalid|bad|wrong|incorrect|malformed|nonexist*|inexist*|undefined|"
    "illegal|found|exist|exists"
)
"""Without the bare negations: much can be "not" with a recipient that is there."""

_OUT_OF_USE = (
    "disabled|inactive|inactivity|suspended|deactivated|locked|frozen|hangup|archived|"
    "dormant|retired|terminated|discontinued|barred|disactivated|unactivated|inactivated"
)


def _statement(
    name: str,
    category: Category,
    *,
    subject: str,
    complaint: str,
    unless: tuple[str, ...] = (),
    severity: Severity | None = None,
) -> Rule:
    """Let the complaint stand on either side of its subject."""
    return Rule(
        name=f"statement-{name}",
        category=category,
        source="RFC 3463 3: the subjects X.1 to X.7, in words",
        says=(f"{subject} .. {complaint}", f"{complaint} .. {subject}"),
        unless=unless,
        severity=severity,
    )


STATEMENT_RULES = (
    _statement(
        "on-encryption",
        Category.TLS,
        subject="cipher*|certificate|certificates|handshake|tls|ssl|requiretls|tlsv1",
        complaint=f"{_REFUSED}|{_NOT_THERE}|unsupported|allowed|weak",
    ),
    _statement(
        "on-credentials",
        Category.AUTH,
        subject=(
            "auth|authentication|authenticated|authenticate|sasl|credential*|password|login|"
            "logon|oauth|apikey|scram"
        ),
        complaint=f"{_REFUSED}|{_NOT_THERE}|unsupported|expired|disabled|required|turned",
    ),
    _statement(
        "on-relaying",
        Category.AUTH,
        subject="relay|relays|relaying|relayed|openrelay|gateway|rcpthost*",
        complaint=f"{_REFUSED}|check|fail*|local|mail",
    ),
    _statement(
        "on-command",
        Category.PROTOCOL,
        subject=(
            "command|commands|verb|extension|extensions|parameter*|argument*|keyword|option|"
            "smtputf8|8bitmime|pipelining|chunking|bdat|xclient|etrn|vrfy|expn|helo|ehlo|"
            "syntax|base64"
        ),
        complaint=(
            f"{_NOT_THERE}|unsupported|unrecogni*|disabled|unexpected|unimplemented|permitted"
        ),
    ),
    _statement(
        "on-client",
        Category.REPUTATION,
        subject=(
            "ip|ips|client|mta|connection|connections|connect|interface|helohost|country|"
            "region|isp|rdns|ptr"
        ),
        complaint=_REFUSED,
    ),
    _statement(
        "on-sender",
        Category.POLICY,
        subject=(
            "sender|senders|originator|mailfrom|envelope|from|absender|expediteur|emetteur|"
            "remitente|remetente|mittente|nadawca|afzender|saatja|dsn|dsns|bounce|bounces"
        ),
        complaint=f"{_NOT_THERE}|{_REFUSED}|mismatched|resolve",
    ),
    _statement(
        "on-domain",
        Category.ROUTING,
        subject="domain|domains|host|mx|nameserver|dns|route|domaine|dominio|domena|domein",
        complaint=f"{_NOT_THERE}|dead|unused|back|exist",
        severity=Severity.PERMANENT,
    ),
    _statement(
        "on-form",
        Category.CONTENT,
        subject=(
            "header|headers|subject|mime|multipart|charset|encoding|boundary|macro|macros|"
            "file|attachment|attachments|zip|archive|executable|binary|formatted|structure"
        ),
        complaint=(
            f"{_REFUSED}|{_NOT_THERE}|wrong*|dangerous|improper*|unnecessary|duplicat*|"
            "inside|contain*"
        ),
    ),
    Rule(
        name="statement-unauthorised",
        category=Category.AUTH,
        source="RFC 3463 X.7: who is not let in, where no other subject is named",
        says=("unauthori*|unauthenticated",),
    ),
    Rule(
        name="statement-out-of-use",
        category=Category.INACTIVE_RECIPIENT,
        source="RFC 3463 X.2.1: what is out of use, where no other subject is named",
        says=(_OUT_OF_USE,),
        unless=NOT_DEAD,
    ),
    _statement(
        "not-there",
        Category.INVALID_RECIPIENT,
        subject=(
            "user|users|recipient|recipients|mailbox|account|address|addr|alias|rcpt|name|list"
        ),
        complaint=_CERTAINLY_NOT_THERE,
        unless=NOT_DEAD,
    ),
)
