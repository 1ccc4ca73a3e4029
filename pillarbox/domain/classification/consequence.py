"""What follows from a category, beside the retry, which no category decides."""

from pillarbox.domain.category import Category
from pillarbox.domain.classification.classifier import classify
from pillarbox.domain.reply import Reply, Verb

OF_THE_RELAY_ACCOUNT = frozenset({Category.AUTH, Category.RATE_LIMITED, Category.REPUTATION})
"""What we are, how much we send, where we send from: the same for every recipient."""

OF_THE_RECIPIENT = frozenset({"recipient-rate", "too-many-recipients"})
"""Rules for rates that are the recipient's or the transaction's, not our account's."""

OF_THE_SESSION = "messages-per-session"
"""The rule for what another session need not meet."""

GIVING_NO_REASON = frozenset({"recipient-rejected"})
"""Rules that see a recipient refused, and no word of its being unknown."""


def blames_relay_account(reply: Reply) -> bool:
    """Whether the refusal names our account, our rate or our reputation.

    Such a reply says nothing of the recipient and comes again for the next one.
    """
    if not (reply.is_transient or reply.is_permanent):
        return False
    found = classify(reply)
    return found.category in OF_THE_RELAY_ACCOUNT and found.rule not in OF_THE_RECIPIENT


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
    return found.category is Category.INVALID_RECIPIENT and found.rule not in GIVING_NO_REASON
