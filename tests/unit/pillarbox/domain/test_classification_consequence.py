"""What follows from a reply's category: suppression, and whom it blames."""

import pytest

from pillarbox.domain.classification import blames_relay_account, suppresses
from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law


class TestSuppression:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(550, "<ada@shop.example>: User unknown", Verb.RCPT, "5.1.1"),
            Reply(550, "No such user here", Verb.RCPT),
            Reply(550, "", Verb.RCPT, "5.1.1"),
            Reply(550, "Recipient address rejected: Access denied", Verb.RCPT, "5.4.1"),
        ],
    )
    def test_a_permanent_reply_to_rcpt_that_names_a_dead_address_suppresses(
        self, reply: Reply
    ) -> None:
        assert suppresses(reply)

    @law("our-account-not-theirs")
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(450, "User unknown", Verb.RCPT, "4.1.1"),
            Reply(250, "User unknown", Verb.RCPT),
            Reply(550, "User unknown", Verb.END_OF_DATA, "5.1.1"),
            Reply(550, "User unknown", Verb.MAIL, "5.1.1"),
            Reply(550, "Mailbox disabled", Verb.RCPT, "5.2.1"),
            Reply(552, "Mailbox full", Verb.RCPT, "5.2.2"),
            Reply(550, "Recipient rejected", Verb.RCPT),
            Reply(550, "", Verb.RCPT),
            Reply(550, "Please try again later", Verb.RCPT, "5.1.1"),
            Reply(554, "Message rejected: Email address is not verified", Verb.RCPT),
            Reply(535, "Authentication unsuccessful", Verb.RCPT, "5.7.139"),
            Reply(550, "Client does not have permissions to send as this sender", Verb.RCPT),
            Reply(550, "Your IP is listed, user unknown", Verb.RCPT, "5.1.1"),
        ],
        ids=str,
    )
    def test_nothing_else_suppresses(self, reply: Reply) -> None:
        """Not a 4yz, not another command's reply, not a refusal without its reason."""
        assert not suppresses(reply)


class TestBlame:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(535, "Authentication unsuccessful", Verb.AUTH, "5.7.139"),
            Reply(554, "Message rejected: Email address is not verified", Verb.END_OF_DATA),
            Reply(454, "Throttling failure: Maximum sending rate exceeded", Verb.END_OF_DATA),
            Reply(554, "Sending paused for this account", Verb.END_OF_DATA),
            Reply(554, "Client host [192.0.2.9] blocked using a DNSBL", Verb.RCPT, "5.7.1"),
            Reply(421, "Too many connections from your IP", Verb.GREETING),
        ],
        ids=str,
    )
    def test_account_rate_and_reputation_are_the_relay_accounts(self, reply: Reply) -> None:
        assert blames_relay_account(reply)

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(550, "User unknown", Verb.RCPT, "5.1.1"),
            Reply(250, "OK, rate limit far away", Verb.RCPT),
            Reply(450, "The user is receiving mail too quickly", Verb.RCPT, "4.2.1"),
            Reply(452, "Too many recipients", Verb.RCPT, "4.5.3"),
            Reply(552, "Message too large", Verb.MAIL, "5.3.4"),
            Reply(451, "Greylisted", Verb.RCPT),
        ],
        ids=str,
    )
    def test_what_is_the_recipients_or_the_messages_is_not(self, reply: Reply) -> None:
        assert not blames_relay_account(reply)
