"""What follows from what a reply means: one table, and the few laws beside it.

1. No category decides a retry: the basic code's first digit does, alone (RFC 5321 4.2.1).
   `passes_with_time` only says whether a retry has any hope while nobody mends anything.
2. Words never park a relay, since a misread text would stop all mail: only a refusal of
   AUTH does, or one of MAIL that wants it (`parks_relay`).
3. Words suppress an address only where a permanent reply to RCPT says why (`suppresses`).
"""

from dataclasses import dataclass
from enum import StrEnum

from pillarbox.domain.category import Category
from pillarbox.domain.classification.classifier import classify
from pillarbox.domain.reply import Reply, Verb


class Blame(StrEnum):
    """Whose fault a refusal is: who must act, if waiting does not help."""

    RECIPIENT = "recipient"
    """The address, its mailbox or its domain."""
    MESSAGE = "message"
    """What is sent, and in whose name."""
    ACCOUNT = "account"
    """What we are, how much we send, where we send from: the same for every recipient."""
    SESSION = "session"
    """How we speak, or over what."""
    SERVER = "server"
    """Nobody here."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """A line of the table; see the laws of this file for what it may not decide."""

    means: str
    blames: Blame
    passes_with_time: bool = False
    slows_relay: bool = False
    suppresses: bool = False


BY_CATEGORY = {
    Category.INVALID_RECIPIENT: Consequence("No such address.", Blame.RECIPIENT, suppresses=True),
    Category.INACTIVE_RECIPIENT: Consequence(
        "Known and switched off; it may come back.", Blame.RECIPIENT
    ),
    Category.MAILBOX_FULL: Consequence(
        "Known, and no room is left.", Blame.RECIPIENT, passes_with_time=True
    ),
    Category.GREYLISTED: Consequence(
        "The same again later is taken.", Blame.SERVER, passes_with_time=True
    ),
    Category.RATE_LIMITED: Consequence(
        "Too fast, too many or too often; no word on the address.",
        Blame.ACCOUNT,
        passes_with_time=True,
        slows_relay=True,
    ),
    Category.SPAM_BLOCKED: Consequence(
        "A filter took the message for spam, by its words or links.", Blame.MESSAGE
    ),
    Category.REPUTATION: Consequence(
        "Where it comes from: the relay's host, its names in DNS, its place on lists.",
        Blame.ACCOUNT,
    ),
    Category.POLICY: Consequence(
        "A rule: SPF, DKIM, DMARC, the sender's address, an administrator's ban.", Blame.MESSAGE
    ),
    Category.AUTH: Consequence(
        "Credentials, sender identity, relaying: the relay's operator must act.", Blame.ACCOUNT
    ),
    Category.SIZE: Consequence("Too large.", Blame.MESSAGE),
    Category.CONTENT: Consequence("Its form, an attachment, malware.", Blame.MESSAGE),
    Category.TLS: Consequence("Encryption is required, or failed.", Blame.SESSION),
    Category.ROUTING: Consequence(
        "The recipient's domain: no host, no MX, a loop.", Blame.RECIPIENT
    ),
    Category.SERVER_BUSY: Consequence(
        "The server's own trouble.", Blame.SERVER, passes_with_time=True, slows_relay=True
    ),
    Category.NETWORK: Consequence(
        "The connection was lost: only ever our own finding.", Blame.SERVER, passes_with_time=True
    ),
    Category.PROTOCOL: Consequence("A command, its order, a line end.", Blame.SESSION),
    Category.OTHER: Consequence("The reply gives no reason.", Blame.SERVER),
}
"""Every `Category`, which a test checks."""

AUTHENTICATION_WANTED = frozenset({530, 535})
"""To MAIL these speak of our session and not of the sender (RFC 4954 6)."""

LOAD_AT_AUTH = frozenset({421, 432, 454})
"""These speak of load, to AUTH too (RFC 4954 6; 432 as Microsoft uses it), not of a password."""

OF_THE_RECIPIENT = frozenset({"recipient-rate", "too-many-recipients"})
"""Rules for rates that are the recipient's or the transaction's, not our account's."""

OF_THE_SESSION = "messages-per-session"
"""The rule for what another session need not meet."""

GIVING_NO_REASON = frozenset({"recipient-rejected", "statement-not-there"})
"""Rules that see a recipient refused, and no clear word of its being unknown."""


def blames_relay_account(reply: Reply) -> bool:
    """Whether the refusal names our account, our rate or our reputation.

    Such a reply says nothing of the recipient and comes again for the next one.
    """
    if not (reply.is_transient or reply.is_permanent):
        return False
    found = classify(reply)
    blames = BY_CATEGORY[found.category].blames
    return blames is Blame.ACCOUNT and found.rule not in OF_THE_RECIPIENT


def slows_relay(reply: Reply) -> bool:
    """Whether the refusal asks for less at a time."""
    return BY_CATEGORY[classify(reply).category].slows_relay


def parks_relay(reply: Reply) -> bool:
    """Whether the refusal is of our credentials, so that nothing passes until they are mended."""
    match reply.command:
        case Verb.AUTH:
            return reply.code not in LOAD_AT_AUTH and (reply.is_transient or reply.is_permanent)
        case Verb.MAIL:
            return reply.code in AUTHENTICATION_WANTED
        case _:
            return False


def limits_session(reply: Reply) -> bool:
    """Whether the refusal says that this session has carried its number of messages."""
    return classify(reply).rule == OF_THE_SESSION


def suppresses(reply: Reply) -> bool:
    """Whether the refusal is reason enough never to try this address again.

    Only a permanent reply to RCPT is a statement on one address, and only one that
    says why: after the data, a refusal may be about any of the recipients.
    """
    if not reply.is_permanent or reply.command is not Verb.RCPT:
        return False
    found = classify(reply)
    return BY_CATEGORY[found.category].suppresses and found.rule not in GIVING_NO_REASON
