"""What follows from a reply's category: the table, and the laws that it may not break."""

import pytest

from pillarbox.domain.category import Category
from pillarbox.domain.classification import (
    BY_CATEGORY,
    LOAD_AT_AUTH,
    Blame,
    blames_relay_account,
    parks_relay,
    slows_relay,
    suppresses,
)
from pillarbox.domain.classification.consequence import AUTHENTICATION_WANTED
from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law


class TestTable:
    def test_every_category_has_its_line(self) -> None:
        """Our own findings' too: a caller asks of a category, not of where it came from."""
        assert set(Category) == set(BY_CATEGORY)

    def test_only_an_address_that_does_not_exist_is_suppressed(self) -> None:
        """api.md: hard bounces of category `invalid_recipient` add themselves."""
        assert {Category.INVALID_RECIPIENT} == {
            category for category, line in BY_CATEGORY.items() if line.suppresses
        }

    def test_a_relay_is_slowed_for_its_load_and_for_our_rate(self) -> None:
        assert {Category.SERVER_BUSY, Category.RATE_LIMITED} == {
            category for category, line in BY_CATEGORY.items() if line.slows_relay
        }

    def test_what_suppresses_has_no_hope_and_blames_the_recipient(self) -> None:
        """An address that may take mail tomorrow, or is not at fault, is never given up."""
        assert [] == [
            category
            for category, line in BY_CATEGORY.items()
            if line.suppresses and (line.passes_with_time or line.blames is not Blame.RECIPIENT)
        ]


class TestPace:
    @pytest.mark.parametrize(
        ("reply", "expected"),
        [
            (Reply(451, "Too busy, come again", Verb.MAIL), True),
            (Reply(452, "You send too fast", Verb.MAIL), True),
            (Reply(451, "Greylisted for 5 minutes", Verb.MAIL), False),
            (Reply(552, "This message is too large", Verb.MAIL), False),
        ],
        ids=str,
    )
    def test_words_of_load_ask_for_less_at_a_time(self, reply: Reply, *, expected: bool) -> None:
        assert expected is slows_relay(reply)


class TestParking:
    @pytest.mark.parametrize("code", [432, 454, 500, 503, 504, 534, 535, 550])
    def test_a_refusal_of_auth_parks_the_relay_unless_it_speaks_of_load(self, code: int) -> None:
        """RFC 4954 6; the words are not asked: a misread one would stop all mail."""
        reply = Reply(code, "Please try again later", Verb.AUTH)

        assert (code not in LOAD_AT_AUTH) is parks_relay(reply)

    @pytest.mark.parametrize("code", [421, 451, 530, 535, 550])
    def test_at_mail_only_what_wants_authentication_parks_it(self, code: int) -> None:
        reply = Reply(code, "Authentication is wanted", Verb.MAIL, "5.7.0")

        assert (code in AUTHENTICATION_WANTED) is parks_relay(reply)

    @pytest.mark.parametrize("command", [Verb.RCPT, Verb.DATA, Verb.END_OF_DATA, Verb.GREETING])
    def test_no_words_at_another_stage_park_it(self, command: Verb) -> None:
        """A server may write anything after a recipient or a message."""
        assert not parks_relay(Reply(535, "Bad password", command, "5.7.8"))

    def test_what_is_granted_parks_nothing(self) -> None:
        assert not parks_relay(Reply(235, "Welcome", Verb.AUTH, "2.7.0"))


class TestSuppression:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(550, "<ada@shop.example>: User unknown", Verb.RCPT, "5.1.1"),
            Reply(550, "There is nobody of that name", Verb.RCPT),
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
            Reply(550, "User unknown, but do try again later", Verb.RCPT, "5.1.1"),
            Reply(554, "Message rejected: Email address is not verified", Verb.RCPT),
            Reply(535, "Authentication did not succeed", Verb.RCPT, "5.7.139"),
            Reply(550, "This client lacks the permission to send as that sender", Verb.RCPT),
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
            Reply(535, "Authentication did not succeed", Verb.AUTH, "5.7.139"),
            Reply(554, "Message rejected: Email address is not verified", Verb.END_OF_DATA),
            Reply(454, "Throttled: you send faster than your rate allows", Verb.END_OF_DATA),
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
            Reply(452, "Too many recipients in one go", Verb.RCPT, "4.5.3"),
            Reply(552, "This message is too large for us", Verb.MAIL, "5.3.4"),
            Reply(451, "Greylisted", Verb.RCPT),
        ],
        ids=str,
    )
    def test_what_is_the_recipients_or_the_messages_is_not(self, reply: Reply) -> None:
        assert not blames_relay_account(reply)
