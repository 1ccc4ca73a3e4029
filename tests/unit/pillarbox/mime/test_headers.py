from datetime import UTC, datetime, timedelta, timezone

import pytest

from pillarbox.domain.address import Address, Mailbox
from pillarbox.mime.errors import UnbuildableError
from pillarbox.mime.folding import fold
from pillarbox.mime.headers import (
    custom_field,
    date_field,
    mailbox_field,
    message_id_field,
    subject_field,
)
from tests.laws.registry import law


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("", "Subject:\r\n"),
        ("Receipt 42", "Subject: Receipt 42\r\n"),
        ("Jürgen", "Subject: =?utf-8?q?J=C3=BCrgen?=\r\n"),
        ("日本語", "Subject: =?utf-8?b?5pel5pys6Kqe?=\r\n"),
        (" x ", "Subject: =?utf-8?q?_x_?=\r\n"),
        ("=?utf-8?q?x?=", "Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?=\r\n"),
        ("a" * 70, "Subject: =?utf-8?q?" + "a" * 55 + "?=\r\n =?utf-8?q?" + "a" * 15 + "?=\r\n"),
        ("word " * 15 + "end", "Subject: " + "word " * 12 + "word\r\n word word end\r\n"),
    ],
)
def test_a_subject_is_plain_where_readers_see_the_same(subject: str, expected: str) -> None:
    """RFC 2047 for every script, for blanks at an end, and for what only looks encoded."""
    assert expected == subject_field(subject)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "From: a@b.test\r\n"),
        ("Acme Billing", "From: Acme Billing <a@b.test>\r\n"),
        ("J. Doe", 'From: "J. Doe" <a@b.test>\r\n'),
        ('Doe, "J" \\', 'From: "Doe, \\"J\\" \\\\" <a@b.test>\r\n'),
        ("Jürgen", "From: =?utf-8?q?J=C3=BCrgen?= <a@b.test>\r\n"),
        ("a  b", 'From: "a  b" <a@b.test>\r\n'),
        ("=?x?=", "From: =?utf-8?b?PT94Pz0=?= <a@b.test>\r\n"),
    ],
)
def test_a_name_is_an_atom_a_quoted_string_or_encoded(name: str, expected: str) -> None:
    """RFC 5322 3.2.5: what is special in a phrase is quoted, what is not ASCII is encoded."""
    assert expected == mailbox_field("From", [Mailbox(Address("a", "b.test"), name)])


def test_sixty_recipients_are_folded_between_addresses() -> None:
    """RFC 5322 2.1.1; one long line of them is refused by some relays."""
    field = mailbox_field("To", [Mailbox(Address(f"user{n}", "example.com")) for n in range(60)])

    assert 78 >= max(map(len, field.split("\r\n")))
    assert 60 == field.replace("\r\n ", " ").count("@")
    assert 59 == field.count(",")


@law("blind-copies-are-blind")
@pytest.mark.parametrize("name", ["Bcc", "content-type", "Message-ID", "X Y", "", "Subject"])
def test_a_callers_field_never_takes_the_messages_own_names(name: str) -> None:
    with pytest.raises(UnbuildableError):
        custom_field(name, "x")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("X-Order", "42", "X-Order: 42\r\n"),
        ("X-Order", " 42 ", "X-Order: 42\r\n"),
        ("X-Order", "", "X-Order:\r\n"),
        ("X-Order", "=?utf-8?q?kept?=", "X-Order: =?utf-8?q?kept?=\r\n"),
        ("X-Note", "Jürgen", "X-Note: =?utf-8?q?J=C3=BCrgen?=\r\n"),
        ("X" * 64, "Jürgen", "X" * 64 + ":\r\n =?utf-8?q?J=C3=BCrgen?=\r\n"),
        (
            "References",
            " ".join(["<0123456789@acme.test>"] * 4),
            (
                "References: <0123456789@acme.test> <0123456789@acme.test>\r\n"
                " <0123456789@acme.test> <0123456789@acme.test>\r\n"
            ),
        ),
        ("X-Url", "https://x.test/" + "a" * 200, "X-Url: https://x.test/" + "a" * 200 + "\r\n"),
        ("X-Url", "a" * 995, "X-Url:\r\n " + "a" * 995 + "\r\n"),
    ],
)
def test_a_callers_field_is_folded_at_spaces_only(name: str, value: str, expected: str) -> None:
    """ASCII stays to the letter, so that structured values keep their meaning."""
    assert expected == custom_field(name, value)


@law("short-lines")
def test_a_value_without_a_place_to_fold_is_refused_by_name() -> None:
    """RFC 5321 4.5.3.1.6: rather an error of ours than a relay's."""
    with pytest.raises(UnbuildableError) as caught:
        custom_field("X-Token", "a" * 998)

    assert "X-Token" == caught.value.field


def test_identifiers_are_never_encoded_words() -> None:
    with pytest.raises(UnbuildableError):
        custom_field("References", "<ü@x>")


def test_a_run_of_blanks_is_no_line_of_its_own() -> None:
    """RFC 5322 3.2.2: some readers take such a line for the end of the header."""
    folded = fold("X-Order", ("a" + " " * 200 + "b").split(" "))

    assert not any(line.isspace() for line in folded.split("\r\n"))
    assert f"X-Order: a{' ' * 200}b" == folded.replace("\r\n", "")


@pytest.mark.parametrize("message_id", ["", "a@b", "<a b@c>", "<a@b>\r\nBcc: x", "<ü@b>"])
def test_a_malformed_message_id_is_refused(message_id: str) -> None:
    with pytest.raises(UnbuildableError):
        message_id_field(message_id)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (datetime(2027, 1, 3, 4, 5, 6, 999_999, tzinfo=UTC), "Sun, 03 Jan 2027 04:05:06 +0000"),
        (datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC), "Tue, 29 Feb 2028 23:59:59 +0000"),
        (
            datetime(2026, 12, 31, 23, 0, tzinfo=timezone(-timedelta(hours=2))),
            "Fri, 01 Jan 2027 01:00:00 +0000",
        ),
    ],
)
def test_date_is_written_in_utc(date: datetime, expected: str) -> None:
    """RFC 5322 3.3: in English whatever the locale, the day with two digits."""
    assert f"Date: {expected}\r\n" == date_field(date)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UnbuildableError):
        date_field(datetime(2027, 1, 1))  # noqa: DTZ001 - the mistake that is refused


@pytest.mark.parametrize("local", ["", "a b", "a,b", "a<b", 'a"b', "a\u2028", "a\u00a0b", "a@b"])
def test_an_address_that_is_none_is_not_written(local: str) -> None:
    """Whoever made it did not use the parser."""
    with pytest.raises(UnbuildableError):
        mailbox_field("To", [Mailbox(Address(local, "b.test"))])
