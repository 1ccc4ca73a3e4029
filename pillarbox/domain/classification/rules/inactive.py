"""Rules for recipients that exist and take no mail."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

INACTIVE_RULES = (
    Rule(
        name="recipient-inactive",
        category=Category.INACTIVE_RECIPIENT,
        source="RFC 3463 X.2.1; RFC 7505 and RFC 6710; Gmail SMTP errors 5.2.1 DisabledUser",
        says=(
            (
                "user|mailbox|account|recipient|address|addr|email|customer|users|recipients|"
                "box|domain|alias|accounts|konto|compte|cuenta|conta|utente|mailbox|inbox|"
                "postfach|destinataire|boite|login|subscriber|id|uzytkownik (addr|is|has|"
                "account|was|that|email|address|been|you|mailbox|status|currently|s|hat|ist|est|"
                "wurde|for|esta) (been|address|currently|is|has|account|temporarily|tried|no|"
                "now|permanently|was|mailbox|or|administratively|to|addr|this) (been|to|is|or|"
                "no|currently|longer|temporarily|permanently|not|reach|has) disabled|inactive|"
                "suspended|suspend|deactivated|locked|frozen|discontinued|dormant|terminated|"
                "cancelled|canceled|disactivated|deactive|blocked|deleted|closed|retired|"
                "expired|inaktiv|gesperrt|deaktiviert|bloque|bloquee|suspendu|suspendida|"
                "desactive|desactivee|desactivada|desativada|bloqueada|disattivat*|sospes*|"
                "zablokowan*|nieaktywn*|zawieszon*|geblokkeerd|gedeactiveerd|blokeeritud|"
                "suletud|barred|quarantined|archived|archivee|archive|abandoned|restricted|"
                "unactivated|removed"
            ),
            (
                "user|mailbox|account|recipient|address|addr|email|inbox|domain .. not|no|isnt "
                "(longer|currently|an|yet|been|be) active|activated|enabled|activ"
            ),
            (
                "account|mailbox|user|recipient|addr|email|inbox .. disabled|inactive|suspended|"
                "deactivated|frozen|dormant|discontinued|locked|unactivated|gesperrt|"
                "deaktiviert|hibernat*|terminated"
            ),
            (
                "disabled|inactive|suspended|deactivated|locked|frozen|dormant|blocked|expired|"
                "deaktivierte*|gesperrte*|closed|retired (due|recipient|user|email|mail|"
                "customer|e) (address|mailbox|account|user|mail) user|mailbox|account|recipient|"
                "address|alias|addr|inbox"
            ),
            "not active|activated",
            "has been .. disabled|suspended|deactivated|discontinued|closed|terminated",
            (
                "no longer .. active|accepting|accepts|receive|receiving|monitored|available|"
                "used|valid use|mail|email|messages|account"
            ),
            "account|mailbox|user|recipient .. expired|closed|hold",
            "mailbox|account (is|has) (currently|been|temporarily) inaccessible",
            "mail* (receive|receiving|reception|delivery) disabled",
            (
                "not accepting|receiving|receive (any) (mail|email|messages|new) .. disabled|"
                "messages|mail"
            ),
            "заблокир*|отключ*|неактив*|приостанов*|деактивир*",
            "temporar* locked",
            "never|hasnt|not logged|entered",
            "account|mailbox|user locked",
            "no longer in use",
            "deactivated due",
            "inactive on this|our domain|server|system",
            "unable|able|capable (not) to receive .. mail|email|messages",
            "not|no longer receive|receives|accepts mail|email",
            "archived|invalid inactive recipient|user",
            "currently suspended",
            "incoming (temporarily) suspended",
            "帐|账 号|户 .. 冻|禁|停|锁|封|注",
            "用 户 .. 冻|禁|停|锁|封",
            "被 冻|禁 结|用",
            "停 止 .. ア|メ|ユ",
            "bloque .. destinataire|compte",
            "disuse*|disus",
        ),
        unless=(
            "no such|does not exist|unknown user",
            "user|recipient|mailbox|addr unknown",
            "not found",
            (
                "sender|ip|host|server|client|connection (address|is|has) (is|has|been) blocked|"
                "suspended|disabled"
            ),
            "your .. account|server|ip|host|network .. blocked|suspended|disabled|locked",
            "policy .. restricted",
            "spam",
            "restricted .. senders|authorized|members|group",
            "blocked by|using|for",
            "sending .. disabled|suspended|blocked|deactivated",
            "right now",
            "command|extension|option|feature|mechanism .. disabled",
            "envelope blocked",
            "one or more recipients",
            "smtp|auth* .. disabled",
            "or .. does|unknown|exist",
            "mailbox full",
            "relaying disabled",
            "restricted .. permission*|allowed",
            "closed .. connection|transmission",
            "connection .. closed",
            "content|attachment .. blocked",
            "invalid",
            "system|network .. messages",
            "ip|organization",
            "removed .. header",
            "session|connection|password expired",
        ),
    ),
    Rule(
        name="mailbox-unavailable-for-now",
        category=Category.SERVER_BUSY,
        source="RFC 5321 4.2.3: 450",
        codes=frozenset({421, 450, 451, 452}),
        says=(
            (
                "mailbox|user|account|recipient|addr|address (is|currently) (temporarily|busy|"
                "currently) locked|busy|unavailable"
            ),
            "mailbox (is) busy|locked|unavailable",
            "verification (is) in progress|pending",
        ),
        unless=("limit",),
    ),
)
