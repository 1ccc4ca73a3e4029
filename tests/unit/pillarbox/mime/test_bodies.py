import pytest

from pillarbox.mime.bodies import Body, TransferEncoding, base64_body, seven_bit_body, text_body
from tests.laws.registry import law


def encoded(text: str) -> tuple[str, bytes]:
    body = text_body(text, "text")
    return body.encoding.value, b"".join(body.pieces)


@pytest.mark.parametrize(
    ("text", "encoding", "written"),
    [
        ("", "7bit", b""),
        ("abc", "7bit", b"abc"),
        ("abc\n", "7bit", b"abc\r\n"),
        ("a\rb\nc\r\nd\n\re", "7bit", b"a\r\nb\r\nc\r\nd\r\n\r\ne"),
        (".\n..\n.x", "7bit", b".\r\n..\r\n.x"),
        ("\n.\r\n", "7bit", b"\r\n.\r\n"),
        ("a\tb", "7bit", b"a\tb"),
        ("a \nb\t", "quoted-printable", b"a=20\r\nb=09"),
        (
            "Ein Gruß aus Köln und der Umgebung",
            "quoted-printable",
            b"Ein Gru=C3=9F aus K=C3=B6ln und der Umgebung",
        ),
        ("a" * 78, "7bit", b"a" * 78),
        ("a" * 79, "quoted-printable", b"a" * 75 + b"=\r\n" + b"a" * 4),
        ("日本", "base64", b"5pel5pys\r\n"),
        ("a\0b", "base64", b"YQBi\r\n"),
        ("a\x1bb", "base64", b"YRti\r\n"),
        ("a\x7f", "base64", b"YX8=\r\n"),
    ],
)
def test_text_is_encoded_by_what_it_holds(text: str, encoding: str, written: bytes) -> None:
    """As it is, if every relay keeps it; else the shorter of the two encodings (RFC 2045 6)."""
    assert (encoding, written) == encoded(text)


def test_a_blank_at_the_end_of_a_full_line_stays_within_76() -> None:
    """The codec of the standard library writes 77 there."""
    assert ("quoted-printable", b"a" * 74 + b"=\r\n=20\r\nb") == encoded("a" * 74 + " \nb")


@law("short-lines")
def test_a_line_of_two_thousand_is_broken_softly() -> None:
    _, written = encoded("a" * 2000)

    assert 76 >= max(map(len, written.split(b"\r\n")))
    assert b"\n" not in written.replace(b"\r\n", b"")


def test_base64_of_many_blocks_is_one_run_of_lines() -> None:
    body = base64_body(b"x" * 200_000)
    lines = b"".join(body.pieces).split(b"\r\n")

    assert {76} == set(map(len, lines[:-2]))
    assert len(body.pieces) > 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\nb", b"a\r\nb"),
        (b"a\x01", b"a\x01"),
        (b"a\0", None),
        (b"\xc3", None),
        (b"a" * 998, b"a" * 998),
        (b"a" * 999, None),
    ],
)
def test_seven_bit_takes_what_rfc_2045_calls_so(data: bytes, expected: bytes | None) -> None:
    """RFC 2045 2.7."""
    wanted = None if expected is None else Body(TransferEncoding.SEVEN_BIT, (expected,))

    assert wanted == seven_bit_body(data)
