"""Sentences that no rule was written for: read by whom they speak of and what they say."""

import pytest

from pillarbox.domain.category import Category
from pillarbox.domain.classification import categorise, classify
from pillarbox.domain.classification.rules.statement import STATEMENT_RULES
from pillarbox.domain.classification.rules.unknown_recipient import NOT_DEAD
from pillarbox.domain.classification.wording import read_wording
from pillarbox.domain.reply import Reply, Verb

OF_A_RECIPIENT = frozenset({Category.INVALID_RECIPIENT, Category.INACTIVE_RECIPIENT})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A cipher like that is unwelcome", Category.TLS),
        ("Something is wrong with your oauth thing", Category.AUTH),
        ("No gateway to the world, this", Category.AUTH),
        ("An etrn is a thing we dont do", Category.PROTOCOL),
        ("Your interface is a suspicious one", Category.REPUTATION),
        ("Bogus originator", Category.POLICY),
        ("Originator looks bogus", Category.POLICY),
        ("That nameserver is a dead one", Category.ROUTING),
        ("An executable inside", Category.CONTENT),
        ("hangup", Category.INACTIVE_RECIPIENT),
        ("Incorrect list, it seems", Category.INVALID_RECIPIENT),
    ],
)
def test_a_sentence_is_read_by_its_subject_and_its_complaint(text: str, expected: Category) -> None:
    """On either side of each other."""
    found = classify(Reply(550, text, Verb.RCPT))

    assert (expected, True) == (found.category, found.rule.startswith("statement-"))


def test_what_blames_us_comes_before_what_blames_the_recipient() -> None:
    """An address is dead only if nothing else is named that could be at fault."""
    blamed = [rule.category in OF_A_RECIPIENT for rule in STATEMENT_RULES]

    assert sorted(blamed) == blamed


@pytest.mark.parametrize("rule", STATEMENT_RULES, ids=lambda rule: rule.name)
def test_no_statement_names_a_dead_address_against_the_law(rule: object) -> None:
    """The words of `NOT_DEAD` stop it, as every rule for recipients."""
    category, unless = getattr(rule, "category", None), getattr(rule, "unless", ())

    assert category not in OF_A_RECIPIENT or set(NOT_DEAD) <= set(unless)


def test_a_telling_code_is_believed_before_a_statement() -> None:
    """RFC 3463: the text has only parts of a sentence, the code names the reason."""
    reply = Reply(550, "originator and bogus things", Verb.RCPT, "5.2.2")

    assert Category.MAILBOX_FULL == categorise(reply)


@pytest.mark.parametrize("code", [454, 530, 534, 535, 538])
def test_what_answers_auth_is_no_word_on_a_recipient(code: int) -> None:
    """RFC 4954 6: "unknown user" is then ours."""
    reply = Reply(code, "unknown user", Verb.RCPT)

    assert categorise(reply) not in OF_A_RECIPIENT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("QuotaExceededException", " quota exceeded exception "),
        ("DNSFailure", " dns failure "),
        ("IPv6 and TLSv1", " ipv6 and tlsv1 "),
        ("eMail", " email "),
        ("no such user (in reply to RCPT TO command)", " no such user "),
        ("user unknown (in reply to end of DATA command)", " user unknown "),
    ],
)
def test_a_word_of_several_is_read_as_them_and_the_log_of_a_relay_is_not_read(
    text: str, words: str
) -> None:
    """Exchange names its exceptions; Postfix adds which command a reply answered."""
    assert words == read_wording(text).words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("552 5.2.2 user quota is exceeded", Category.MAILBOX_FULL),
        ("550 5.4.5 user quota is exceeded", Category.RATE_LIMITED),
        ("503 5.5.1 Sender was given already", Category.PROTOCOL),
        ("554 5.5.1 There are no valid recipients", Category.PROTOCOL),
        ("521 This machine does not accept mail", Category.ROUTING),
        ("502 EHLO not implemented", Category.PROTOCOL),
        ("550 5.1.0 <shop@shop.example>: Sender address rejected: User unknown", Category.POLICY),
        ("550 <ada@shop.example>: envelope blocked", Category.POLICY),
        ("550 No existe", Category.INVALID_RECIPIENT),
        ("550 Naruszenie regulaminu", Category.POLICY),
        ("554 发件人地址不正确", Category.POLICY),
        ("550 blacklisted link in your mail", Category.SPAM_BLOCKED),
        ("554 The domain's MX points back to us", Category.ROUTING),
    ],
)
def test_families_of_words_in_their_own_terms(line: str, expected: Category) -> None:
    """Each in words of ours."""
    code, text = line.split(" ", 1)
    first, _, rest = text.partition(" ")
    if first.count(".") == 2:
        assert expected == categorise(Reply(int(code), rest, Verb.RCPT, first))
    else:
        assert expected == categorise(Reply(int(code), text, Verb.RCPT))
