"""What a reply means: a category from its code, enhanced code, text and command.

`categorise` names the category, `classify` the rule that decided as well. A category
tells a caller what to do; it never decides a retry, which the first digit of the
basic code does alone (4yz deferred, 5yz bounced; RFC 5321 4.2.1).

| category | is about | implies |
|---|---|---|
| `invalid_recipient` | the recipient | no such address; a 5yz at RCPT suppresses it |
| `inactive_recipient` | the recipient | known, switched off; not suppressed: it may come back |
| `mailbox_full` | the recipient | known, no room left |
| `greylisted` | time | the same again later is taken |
| `rate_limited` | us, or a recipient's rate | slow down; says nothing of the address |
| `spam_blocked` | the message | a filter took its words or links for spam |
| `reputation` | us | our host, its names in DNS or its place on lists |
| `policy` | the sender, or a rule | SPF, DKIM, DMARC, sender address, an administrator's rule |
| `auth` | our account | credentials, sender identity, relaying; the relay's operator must act |
| `size` | the message | too large |
| `content` | the message | its form, an attachment, malware |
| `tls` | the connection | encryption required, or failed |
| `routing` | the recipient's domain | a loop, no host, no MX |
| `server_busy` | the server | its trouble; later |
| `network` | the path | our own finding: the connection was lost |
| `protocol` | the conversation | a command, its order, a line end |
| `other` | unknown | the reply gives no reason |
"""

from pillarbox.domain.classification.classifier import categorise, classify
from pillarbox.domain.classification.consequence import (
    blames_relay_account,
    limits_session,
    suppresses,
)
from pillarbox.domain.classification.rule import Classification

__all__ = [
    "Classification",
    "blames_relay_account",
    "categorise",
    "classify",
    "limits_session",
    "suppresses",
]
