import pytest

from pillarbox.mime import fields
from pillarbox.mime.identifiers import make_message_id
from tests.laws.registry import law


def codes(faults: fields.Faults) -> list[str]:
    return [code for code, _ in faults]


@law("blind-copies-are-blind")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("X-Order", []),
        ("Message-ID", []),
        ("List-Unsubscribe", []),
        ("x" * 64, []),
        ("x" * 65, ["header.name_too_long"]),
        ("", ["header.name_syntax"]),
        ("X Order", ["header.name_syntax"]),
        ("X:Order", ["header.name_syntax"]),
        ("X-Ördér", ["header.name_syntax"]),
        ("X\r\nBcc", ["header.name_syntax"]),
        *[
            (name, ["header.reserved"])
            for name in (
                *("From", "sender", "TO", "Cc", "bcc", "Reply-To", "subject", "DATE"),
                *("MIME-Version", "Content-Type", "content-anything", "Received"),
                *("Return-Path", "dkim-signature", "Resent-To", "RESENT-x"),
            )
        ],
    ],
)
def test_header_names(name: str, expected: list[str]) -> None:
    """The message's other members write From, To and the like; a caller may not."""
    assert expected == codes(fields.header_name_faults(name))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("X-Order", "42", []),
        ("X-Order", "", []),
        ("X-Order", "grün", []),
        ("References", "<a@x> <b@y>", []),
        ("X-Order", "a\tb", ["header.control_character"]),
        ("X-Order", "a\r\nBcc: x@y", ["header.control_character"]),
        ("X-Order", "a\u2028b", ["header.control_character"]),
        ("X-Order", "v " * 500, ["header.value_too_long"]),
        ("X-Order", "ü" * 500, ["header.value_too_long"]),
        ("X-Order", "\n" * 999, ["header.control_character", "header.value_too_long"]),
        ("X-Order", "v" * 998, ["header.unfoldable"]),
        ("X-Order", "v" * 997, []),
        ("References", "<ü@x>", ["header.not_ascii"]),
        ("List-Unsubscribe", "<https://bücher.example/>", ["header.not_ascii"]),
        ("List-Id", "Grüße <news.acme.test>", []),
        ("Message-ID", "<a@x>", []),
        ("message-id", "a@x", ["message_id.syntax"]),
    ],
)
def test_header_values(name: str, value: str, expected: list[str]) -> None:
    assert expected == codes(fields.header_value_faults(name, value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a.b@x.test>", []),
        ("<a@[IPv6:::1]>", []),
        ("a@x", ["message_id.syntax"]),
        ("<a@x> <b@y>", ["message_id.syntax"]),
        ("<a b@x>", ["message_id.syntax"]),
        ("<ü@x>", ["message_id.syntax"]),
        ("<a@x>\r\n", ["message_id.syntax"]),
        ("<" + "a" * 255 + "@x>", ["message_id.too_long"]),
    ],
)
def test_message_ids(value: str, expected: list[str]) -> None:
    """RFC 5322 3.6.4; a caller's is taken only if every reader can thread by it."""
    assert expected == codes(fields.message_id_faults(value))


def test_a_message_id_of_ours_is_well_formed() -> None:
    made = make_message_id("msg_01k5x9w9p7e6yvwn8m2e8rj1zt", "xn--bcher-kva.example")

    assert "<msg_01k5x9w9p7e6yvwn8m2e8rj1zt@xn--bcher-kva.example>" == made
    assert not fields.message_id_faults(made)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("", []),
        ("日本語" * 100, []),
        ("a\nb", ["subject.control_character"]),
        ("a\x00", ["subject.control_character"]),
        ("\ud800", ["subject.control_character"]),
        ("s" * 998, []),
        ("s" * 999, ["subject.too_long"]),
        ("ä" * 500, ["subject.too_long"]),
    ],
)
def test_subjects(subject: str, expected: list[str]) -> None:
    assert expected == codes(fields.subject_faults(subject))


def test_a_body_is_any_unicode() -> None:
    assert [] == fields.body_faults("\x00\r\n\u2028")
    assert ["body.not_unicode"] == codes(fields.body_faults("\ud800"))


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/pdf", []),
        ("APPLICATION/PDF", []),
        ("text/calendar; method=REQUEST; charset=utf-8", []),
        ('text/plain;charset="utf-8"', []),
        ("message/rfc822", []),
        ("pdf", ["content_type.syntax"]),
        ("", ["content_type.syntax"]),
        ("a/b/c", ["content_type.syntax"]),
        ("a/b;", ["content_type.syntax"]),
        ("a/b\r\n", ["content_type.syntax"]),
        ('a/b; c="\x01"', ["content_type.syntax"]),
        ("a/ü", ["content_type.syntax"]),
        ("multipart/mixed", ["content_type.multipart"]),
        ("Multipart/Mixed; boundary=x", ["content_type.multipart"]),
        ("a/" + "b" * 254, ["content_type.too_long"]),
    ],
)
def test_content_types(content_type: str, expected: list[str]) -> None:
    assert expected == codes(fields.content_type_faults(content_type))


@pytest.mark.parametrize(
    ("content_id", "expected"),
    [
        ("logo", []),
        ("logo.1@acme.test", []),
        ("<logo>", ["content_id.syntax"]),
        ("lo go", ["content_id.syntax"]),
        ("", ["content_id.syntax"]),
        ("lögo", ["content_id.syntax"]),
        ("a\r\n", ["content_id.syntax"]),
        ("x" * 256, ["content_id.too_long"]),
    ],
)
def test_content_ids(content_id: str, expected: list[str]) -> None:
    assert expected == codes(fields.content_id_faults(content_id))


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("r.pdf", []),
        ("Übersicht 2027 “final”.pdf", []),
        ("", ["filename.empty"]),
        ("  ", ["filename.empty"]),
        ("..", ["filename.path"]),
        ("a/b.pdf", ["filename.path"]),
        ("a\\b.pdf", ["filename.path"]),
        ("a\r\nb", ["filename.control_character"]),
        ("ü" * 128, ["filename.too_long"]),
        ("/" * 256 + "\n", ["filename.control_character", "filename.too_long", "filename.path"]),
    ],
)
def test_filenames(filename: str, expected: list[str]) -> None:
    """A name, not a path: what a reader's program does with `../` is not left to it."""
    assert expected == codes(fields.filename_faults(filename))
