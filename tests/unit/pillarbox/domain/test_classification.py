"""What a reply means, over the project's own fixtures and by what misleads."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pillarbox.domain.category import Category
from pillarbox.domain.classification import categorise, classify
from pillarbox.domain.classification.findings import BY_FINDING
from pillarbox.domain.classification.order import BUSY_OR_POLICY, FAINT, TELLING
from pillarbox.domain.classification.rules.unknown_recipient import NOT_DEAD
from pillarbox.domain.outcome import Finding, FindingCode
from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law

FIXTURES = Path(__file__).parents[3] / "fixtures" / "replies"

NEVER_DEAD = frozenset(
    {
        Category.AUTH,
        Category.GREYLISTED,
        Category.RATE_LIMITED,
        Category.REPUTATION,
        Category.SERVER_BUSY,
    }
)
"""A temporary condition, the client's own account, or its reputation."""


BY_BASIC_CODE = frozenset({"mailbox-unavailable-for-now"})
"""Rules for texts that name no time: "mailbox unavailable" is temporary only with a 450."""


def _fixtures() -> Iterator[tuple[Reply, Category]]:
    for path in sorted(FIXTURES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            fixture = json.loads(line)
            reply = Reply(
                code=fixture["code"],
                text=fixture["text"],
                command=Verb(fixture["command"]),
                enhanced=fixture["enhanced"],
            )
            yield reply, Category(fixture["category"])


ALL = list(_fixtures())


def _said(line: str, command: Verb = Verb.RCPT) -> Category:
    """Classify a line as a log shows it: code, enhanced code if the next word is one, text."""
    code, text = line.split(" ", 1)
    first, _, rest = text.partition(" ")
    if first.replace(".", "").isdigit() and first.count(".") == 2:
        return categorise(Reply(int(code), rest, command, first))
    return categorise(Reply(int(code), text, command))


class TestFixtures:
    @pytest.mark.parametrize(("reply", "expected"), ALL, ids=lambda value: str(value)[:60])
    def test_a_reply_means_what_its_server_says(self, reply: Reply, expected: Category) -> None:
        assert expected == categorise(reply)

    def test_every_category_that_a_server_can_give_has_fixtures(self) -> None:
        """`network` is only ever our own finding."""
        assert set(Category) - {Category.NETWORK} == {category for _, category in ALL}


class TestLaw:
    @pytest.mark.parametrize("enhanced", [None, "5.1.1", "5.1.10"])
    def test_no_5yz_that_blames_time_account_or_reputation_makes_a_dead_address(
        self, enhanced: str | None
    ) -> None:
        """Whatever code a server puts before such words, the recipient is not suppressed."""
        taken_for_dead = [
            str(said)
            for reply, category in ALL
            if category in NEVER_DEAD and reply.text and classify(reply).rule not in BY_BASIC_CODE
            for said in [Reply(550, reply.text, reply.command, enhanced)]
            if categorise(said) is Category.INVALID_RECIPIENT
        ]

        assert [] == taken_for_dead

    @pytest.mark.parametrize(
        "words",
        [
            "a temporary failure of ours",
            "do try again later",
            "your IP address is blocked",
            "sender reputation too low",
            "your account may not send",
            "relaying denied",
            "rate limit exceeded",
        ],
    )
    def test_no_dead_address_though_the_recipient_is_named_first(self, words: str) -> None:
        reply = Reply(550, f"<ada@shop.example>: Recipient rejected: {words}", Verb.RCPT, "5.1.1")

        assert Category.INVALID_RECIPIENT != categorise(reply)

    def test_every_rule_for_dead_addresses_heeds_the_law(self) -> None:
        careless = [
            rule.name
            for rule in (*TELLING, *BUSY_OR_POLICY, *FAINT)
            if rule.category is Category.INVALID_RECIPIENT and not set(NOT_DEAD) <= set(rule.unless)
        ]

        assert [] == careless


class TestMisleading:
    @law("vain-retries")
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("403 You are not authorized to send from that email address", Category.AUTH),
            ("451 5.7.3 STARTTLS is required to send mail", Category.TLS),
            ("451 Bare line-feed; see the documentation", Category.PROTOCOL),
            ("421 4.7.66 TLS 1.0 and 1.1 are not supported", Category.TLS),
        ],
    )
    def test_a_4yz_that_will_never_succeed_has_its_true_category(
        self, line: str, expected: Category
    ) -> None:
        """The basic code decides the retry; the category says that it is in vain."""
        assert expected == _said(line)

    @law("refused-elsewhere-taken")
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("554 5.7.1 Client host [192.0.2.9] blocked using a DNSBL", Category.REPUTATION),
            ("554 5.7.1 Our DNSBL knows you", Category.REPUTATION),
            ("552 too many recipients", Category.RATE_LIMITED),
            ("550 This message has exceeded the max number of messages per session",
             Category.RATE_LIMITED),
            ("500 Number of messages exceeded administrative limit.", Category.RATE_LIMITED),
        ],
    )  # fmt: skip
    def test_a_5yz_that_may_succeed_elsewhere_is_not_the_recipients(
        self, line: str, expected: Category
    ) -> None:
        """RFC 5321 4.5.3.1.10; blocklists, and limits of a session."""
        assert expected == _said(line)

    @law("classes-in-conflict")
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("554 4.4.7 Message expired", Category.SERVER_BUSY),
            ("451 5.7.3 STARTTLS required", Category.TLS),
            ("552 4.2.2 mailbox full", Category.MAILBOX_FULL),
            ("450 5.1.1 user unknown", Category.INVALID_RECIPIENT),
            ("554 4.2.2 sorry", Category.MAILBOX_FULL),
        ],
    )
    def test_an_enhanced_code_of_another_class_still_tells(
        self, line: str, expected: Category
    ) -> None:
        """The class contradicts the basic code; subject and detail stay true."""
        assert expected == _said(line)

    @law("absurd-enhanced-codes")
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("550 7.7.1 The IP you use to send mail is blocked", Category.REPUTATION),
            ("550 5.7.606 Access denied, banned sending IP [192.0.2.9]", Category.REPUTATION),
            ("451 4.7.650 The mail server [192.0.2.9] has been limited due to IP reputation.",
             Category.REPUTATION),
            ("550 5.1.351 Remote server returned unknown recipient or mailbox unavailable",
             Category.INVALID_RECIPIENT),
            ("550 5.4.312", Category.ROUTING),
            ("550 5.6.777 sorry", Category.CONTENT),
            ("550 sorry, not for us (#5.1.1)", Category.INVALID_RECIPIENT),
            ("554 #5.2.2 sorry", Category.MAILBOX_FULL),
        ],
    )  # fmt: skip
    def test_an_enhanced_code_may_be_absurd_or_stand_anywhere(
        self, line: str, expected: Category
    ) -> None:
        assert expected == _said(f"{line} ")

    @law("same-code-other-meaning")
    @pytest.mark.parametrize(
        ("line", "command", "expected"),
        [
            ("534 5.7.9 Authentication mechanism is too weak", Verb.AUTH, Category.AUTH),
            ("534 Message size exceeds the limit", Verb.MAIL, Category.SIZE),
            ("451 Authentication failed: Maximum credits exceeded", Verb.AUTH,
             Category.RATE_LIMITED),
            ("450 4.7.1 Policy Rejection- Quota Exceeded", Verb.RCPT, Category.RATE_LIMITED),
            ("552 1 Requested mail action aborted, mailbox not found", Verb.END_OF_DATA,
             Category.INVALID_RECIPIENT),
            ("550 5.4.1 Recipient address rejected: Access denied", Verb.RCPT,
             Category.INVALID_RECIPIENT),
        ],
    )  # fmt: skip
    def test_the_same_code_means_different_things(
        self, line: str, command: Verb, expected: Category
    ) -> None:
        assert expected == _said(line, command)

    @law("our-account-not-theirs")
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("535 5.7.139 Authentication unsuccessful", Category.AUTH),
            ("550 5.7.60 This client lacks the permission to send as that sender",
             Category.AUTH),
            ("454 Throttling failure: rate exceeded", Category.RATE_LIMITED),
            ("554 Message rejected: Email address is not verified.", Category.AUTH),
        ],
    )  # fmt: skip
    def test_our_account_at_the_relay_is_not_the_recipient(
        self, line: str, expected: Category
    ) -> None:
        assert expected == _said(line)

    @law("other-languages")
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("552 La boîte du destinataire est pleine", Category.MAILBOX_FULL),
            ("550 Empfänger unbekannt", Category.INVALID_RECIPIENT),
            ("550 Użytkownik nieznany", Category.INVALID_RECIPIENT),
            ("550 Skrzynka jest pełna", Category.MAILBOX_FULL),
            ("550 Usuario inexistente", Category.INVALID_RECIPIENT),
            ("552 Caixa postal cheia", Category.MAILBOX_FULL),
            ("550 Tundmatu kasutaja", Category.INVALID_RECIPIENT),
            ("535 登录失败", Category.AUTH),
            ("550 black ip. (发信IP被禁止)", Category.REPUTATION),
        ],
    )
    def test_servers_speak_other_languages(self, line: str, expected: Category) -> None:
        assert expected == _said(line)

    @law("other-languages")
    @pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
    def test_gbk_bytes_are_read_by_what_is_left_of_them(self, encoding: str) -> None:
        """A reply in GBK, decoded as something else, keeps its ASCII words."""
        text = "black ip. (发信IP被禁止)".encode("gbk").decode(encoding, errors="replace")

        assert Category.REPUTATION == categorise(Reply(550, text, Verb.MAIL))

    @law("retry-hints")
    @pytest.mark.parametrize(
        "line",
        [
            "450 Please try again in 300 seconds",
            "451 4.7.1 Come back in 00:02:00",
            "451 Greylisted for 5 minutes",
        ],
    )
    def test_a_hint_of_when_to_retry_is_greylisting(self, line: str) -> None:
        """RFC 6647 2.2."""
        assert Category.GREYLISTED == _said(line)


class TestDecision:
    def test_the_rule_that_decided_is_named(self) -> None:
        assert "recipient-unknown" == classify(Reply(550, "User unknown", Verb.RCPT)).rule

    def test_no_two_rules_have_the_same_name(self) -> None:
        names = [rule.name for rule in (*TELLING, *BUSY_OR_POLICY, *FAINT)]

        assert sorted(set(names)) == sorted(names)

    def test_every_rule_states_its_source(self) -> None:
        assert [] == [r.name for r in (*TELLING, *BUSY_OR_POLICY, *FAINT) if not r.source]

    def test_words_within_an_address_are_not_read(self) -> None:
        """`spam@…` is no remark on spam."""
        reply = Reply(550, "<spam.virus.quota@full.example>: User unknown", Verb.RCPT)

        assert Category.INVALID_RECIPIENT == categorise(reply)

    def test_what_refuses_nothing_is_not_classified(self) -> None:
        assert "not-a-refusal" == classify(Reply(250, "mailbox full", Verb.RCPT)).rule

    @pytest.mark.parametrize("code", list(FindingCode))
    def test_every_finding_of_ours_has_a_category(self, code: FindingCode) -> None:
        assert BY_FINDING[code] == categorise(Finding(code, "found"))

    def test_a_finding_never_makes_a_dead_address(self) -> None:
        assert Category.INVALID_RECIPIENT not in set(BY_FINDING.values())
