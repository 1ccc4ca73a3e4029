"""Rules for replies about our account at the relay: its quota, its senders, its state.

None of this says anything about the recipient, whatever the code: an address that
is "not verified" here is one that the relay does not let us send from.
"""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.rule import Rule

RELAY_ACCOUNT_RULES = (
    Rule(
        name="relay-account-limit",
        category=Category.RATE_LIMITED,
        source="Amazon SES quotas; SendGrid SMTP errors; Gmail sending limits",
        says=(
            "throttl*",
            "maximum sending rate exceeded",
            "exceeded threshold",
            "tenant .. exceed*",
            (
                "daily|hourly|monthly|sending|relay|outbound|outgoing|plan|account|user|message|"
                "email|smtp|submission|domain|customer|sender|mail (sending|message|messages|"
                "email|user|relay|usage|mail|recipient|smtp|rate|submission) quota|limit|limits|"
                "allowance|limitation .. exceed*|reach*|over|hit|used|surpass*"
            ),
            (
                "exceed*|reach*|over|hit|above .. daily|hourly|monthly|sending|relay|outbound|"
                "outgoing|plan|submission|allowed .. quota|limit|limits|rate|number|amount|"
                "emails|messages|allowance"
            ),
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
            "spam",
        ),
    ),
    Rule(
        name="sender-identity-not-ours",
        category=Category.AUTH,
        source=(
            "Amazon SES identities; SendGrid sender identity; Microsoft 365 5.7.60; Postfix "
            "reject_sender_login_mismatch"
        ),
        says=(
            (
                "email|sender|from|address|identity|identities|domain|domains (address|domain|"
                "addr) .. not (been|yet) (yet|been) verified|confirmed|activated"
            ),
            "not verified|validated .. identit*|sender*|address*|domain*|region",
            "identities failed",
            "verified sender",
            "sender identity",
            "unverified sender|from|domain",
            "not .. match .. verified|authenticated|login|logged|credentials|identity|user",
            "send as",
            "authori* to perform",
            "authori* .. email directly",
            "unconfigured|unregistered|unauthori* sending|sender|from",
            "sender|from address|domain (is) not authori*",
            "send on behalf",
            "not owned by",
            "sender .. not .. belong|own*|match|correspond",
            "must (be) same|match|equal .. auth*|user|login|account|smtp",
            "mail from|sender .. must .. authori*|auth* user|username",
            (
                "not|isnt|arent authori*|allowed|permitted|entitled (to) (send|relay|use|submit)"
                " (mail|email|messages|emails|message|through) (as|from|using|with|on|that|this)"
                " (that|this|the|your|behalf|email) from|address|behalf|as|sender|domain|server|"
                "relay"
            ),
            "not|isnt|arent authori*|allowed|permitted .. to send|submit",
            "not|isnt|arent authori* .. from|sender .. address|domain",
            "not registered .. from|sender|send|domain",
            (
                "sender|from|domain not|isnt .. authori*|allowed|permitted|registered|"
                "provisioned|configured .. account|user|relay|login|send|server"
            ),
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
            "send|to (mail|email|messages) to this|the|that|group",
        ),
    ),
    Rule(
        name="relay-account-suspended",
        category=Category.AUTH,
        source="Amazon SES; Mailgun; SendGrid; Postmark; Brevo: state of the sending account",
        says=(
            "sending .. paused|suspended|disabled|deactivated|blocked .. account|your|this",
            (
                "your .. account .. suspend*|disabled|blocked|paused|review|deactivat*|inactive|"
                "frozen|closed|terminated|expired|not|limited|restricted"
            ),
            (
                "smtp|sending|sender|relay|api|customer account .. suspend*|disabled|blocked|"
                "paused|not|inactive|deactivat*|review|expired|locked"
            ),
            "sending .. paused|disabled|suspended|deactivated",
            "sending .. account .. disabled|suspended|blocked|restricted",
            "account .. disabled|suspended|inactive|not .. sending|send",
            "account .. under review|evaluation",
            "server .. inactive .. postmark|account",
            "domain .. disabled|suspended|inactive .. send*",
            "billing|unpaid|payment|subscription .. overdue|fail*|expired|require*|past",
            "tenant .. disabled|suspended|blocked",
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
)
