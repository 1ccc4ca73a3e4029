"""The order in which the rules by text are tried.

1. `TELLING` comes before everything: its words name the reason.
2. Within it, what blames us (protocol, account, sender, host) comes before what
   blames the message, and that before the recipient: "access denied, your IP is
   listed, user unknown" is no word about the user.
3. `BUSY_OR_POLICY` holds words that stand in replies of every kind; links and
   `TELLING` are asked first.
4. `STATEMENTS` come after the enhanced codes that tell: they read a sentence by its parts.
5. `FAINT` comes after all enhanced codes: its words only say that it was a refusal.
"""

from functools import cache

from pillarbox.domain.classification.rules.blocklist import BLOCKLIST_RULES
from pillarbox.domain.classification.rules.busy import BUSY_RULES
from pillarbox.domain.classification.rules.client import CLIENT_RULES
from pillarbox.domain.classification.rules.connecting import CONNECTING_RULES
from pillarbox.domain.classification.rules.content import CONTENT_RULES
from pillarbox.domain.classification.rules.encryption import ENCRYPTION_RULES
from pillarbox.domain.classification.rules.greylist import GREYLIST_RULES
from pillarbox.domain.classification.rules.inactive import INACTIVE_RULES
from pillarbox.domain.classification.rules.login import LOGIN_RULES
from pillarbox.domain.classification.rules.mailbox_full import (
    DECLARED_FULL_RULES,
    MAILBOX_FULL_RULES,
)
from pillarbox.domain.classification.rules.next_hop import NEXT_HOP_RULES
from pillarbox.domain.classification.rules.protocol import PROTOCOL_RULES
from pillarbox.domain.classification.rules.rate import RATE_RULES
from pillarbox.domain.classification.rules.refusal import FAINT_RULES, POLICY_RULES
from pillarbox.domain.classification.rules.relay_account import RELAY_ACCOUNT_RULES
from pillarbox.domain.classification.rules.relaying import RELAYING_RULES
from pillarbox.domain.classification.rules.route import LOOP_RULES, ROUTE_RULES
from pillarbox.domain.classification.rules.sender_address import SENDER_ADDRESS_RULES
from pillarbox.domain.classification.rules.sender_authentication import (
    SENDER_AUTHENTICATION_RULES,
)
from pillarbox.domain.classification.rules.size import DECLARED_SIZE_RULES, SIZE_RULES
from pillarbox.domain.classification.rules.spam import SPAM_RULES
from pillarbox.domain.classification.rules.statement import STATEMENT_RULES
from pillarbox.domain.classification.rules.unknown_recipient import UNKNOWN_RECIPIENT_RULES
from pillarbox.domain.classification.table import Table

TELLING = (
    *PROTOCOL_RULES,
    *ENCRYPTION_RULES,
    *GREYLIST_RULES,
    *DECLARED_FULL_RULES,
    *LOGIN_RULES,
    *RELAY_ACCOUNT_RULES,
    *RELAYING_RULES,
    *SENDER_AUTHENTICATION_RULES,
    *NEXT_HOP_RULES,
    *BLOCKLIST_RULES,
    *CLIENT_RULES,
    *LOOP_RULES,
    *MAILBOX_FULL_RULES,
    *RATE_RULES,
    *DECLARED_SIZE_RULES,
    *CONTENT_RULES,
    *SIZE_RULES,
    *SPAM_RULES,
    *SENDER_ADDRESS_RULES,
    *INACTIVE_RULES,
    *UNKNOWN_RECIPIENT_RULES,
    *ROUTE_RULES,
    *CONNECTING_RULES,
)

BUSY_OR_POLICY = (*BUSY_RULES, *POLICY_RULES)

STATEMENTS = STATEMENT_RULES

FAINT = FAINT_RULES


@cache
def telling() -> Table:
    """Return `TELLING` compiled, which takes a tenth of a second the first time."""
    return Table(TELLING)


@cache
def busy_or_policy() -> Table:
    """Return `BUSY_OR_POLICY` compiled."""
    return Table(BUSY_OR_POLICY)


@cache
def statements() -> Table:
    """Return `STATEMENTS` compiled."""
    return Table(STATEMENTS)


@cache
def faint() -> Table:
    """Return `FAINT` compiled."""
    return Table(FAINT)
