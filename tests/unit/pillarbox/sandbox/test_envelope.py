"""The arguments of MAIL and RCPT."""

import pytest

from pillarbox.sandbox.envelope import MailFrom, parse_mail, parse_rcpt
from pillarbox.sandbox.refusal import Refusal


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("FROM:<>", MailFrom("", 0, is_smtputf8=False)),
        ("from:<a@b.test>", MailFrom("a@b.test", 0, is_smtputf8=False)),
        ("FROM:<a@b.test> SIZE=12 BODY=8BITMIME", MailFrom("a@b.test", 12, is_smtputf8=False)),
        ("FROM:<ä@bücher.test> smtputf8", MailFrom("ä@bücher.test", 0, is_smtputf8=True)),
        ("FROM:<a@b.test> AUTH=<>", MailFrom("a@b.test", 0, is_smtputf8=False)),
        ('FROM:<"a > b"@b.test>', MailFrom('"a > b"@b.test', 0, is_smtputf8=False)),
        ("FROM:<@r1.test,@r2.test:a@b.test>", MailFrom("a@b.test", 0, is_smtputf8=False)),
        ("FROM:<a@[127.0.0.1]>", MailFrom("a@[127.0.0.1]", 0, is_smtputf8=False)),
        ("FROM:<a+b.c@b.test>", MailFrom("a+b.c@b.test", 0, is_smtputf8=False)),
    ],
)
def test_what_mail_takes(argument: str, expected: MailFrom) -> None:
    assert parse_mail(argument) == expected


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("", 501),
        ("TO:<a@b.test>", 501),
        ("FROM: <a@b.test>", 501),
        ("FROM:a@b.test", 501),
        ("FROM:<a b@b.test>", 501),
        ("FROM:<a@b.test", 501),
        ("FROM:<a@b.test>SIZE=1", 501),
        ("FROM:<a..b@b.test>", 501),
        ("FROM:<a@-b.test>", 501),
        ("FROM:<a>", 501),
        (f"FROM:<{'a' * 65}@b.test>", 501),
        (f"FROM:<a@{'b.' * 127}test>", 501),
        ("FROM:<a@b.test> SIZE=x", 501),
        ("FROM:<a@b.test> BODY=BINARYMIME", 501),
        ("FROM:<a@b.test> SMTPUTF8=1", 501),
        ("FROM:<a@b.test> RET=HDRS", 555),
        ("FROM:<ä@b.test>", 553),
    ],
)
def test_what_mail_refuses(argument: str, code: int) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_mail(argument)
    assert refusal.value.code == code


def test_what_rcpt_takes() -> None:
    assert parse_rcpt("TO:<b@two.test>", is_smtputf8=False) == "b@two.test"
    assert parse_rcpt("to:<Postmaster>", is_smtputf8=False) == "Postmaster"
    assert parse_rcpt("TO:<ä@two.test>", is_smtputf8=True) == "ä@two.test"


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("TO:<>", 501),
        ("TO:<a@b.test>,<c@d.test>", 501),
        ("TO:<a@b.test> NOTIFY=NEVER", 555),
        ("TO:<ä@b.test>", 553),
    ],
)
def test_what_rcpt_refuses(argument: str, code: int) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_rcpt(argument, is_smtputf8=False)
    assert refusal.value.code == code


def test_a_long_hostile_argument_costs_little() -> None:
    """A pattern that goes back and forth over its input would hang here."""
    for text in ("a" * 12_000, "a." * 6_000, "a-" * 6_000, '"' + "\\a" * 6_000):
        for argument in (f"FROM:<{text}", f"FROM:<a@{text}", f"FROM:<@{text}"):
            with pytest.raises(Refusal):
                parse_mail(argument)
