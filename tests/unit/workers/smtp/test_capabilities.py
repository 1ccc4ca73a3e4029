"""What EHLO's answer offers, and nothing else."""

import pytest

from tests.laws.registry import law
from workers.smtp.capabilities import NOTHING, Capabilities, capabilities_from


def offered(*lines: bytes) -> Capabilities:
    """Read an answer whose first line is the server's name."""
    return capabilities_from((b"relay.test", *lines))


def test_keywords_are_known_in_any_case() -> None:
    """RFC 5321 2.4: keywords are compared without regard to case."""
    found = offered(b"pipelining", b"StartTLS", b"8bitmime", b"SmtpUTF8")

    assert (True,) * 4 == (found.pipelining, found.starttls, found.eight_bit, found.smtputf8)


@law("ehlo-keywords")
@pytest.mark.parametrize("line", [b"STARTTLSX", b"XSTARTTLS", b"START TLS", b"-STARTTLS", b""])
def test_a_keyword_is_compared_whole(line: bytes) -> None:
    """`startsWith` took STARTTLSX for STARTTLS."""
    assert not offered(line).starttls


@law("ehlo-keywords")
def test_authx_is_not_auth() -> None:
    """Nor AUTHX for AUTH."""
    assert () == offered(b"AUTHX PLAIN").auth


def test_the_first_line_is_a_name_and_not_a_keyword() -> None:
    """A host may be called like an extension."""
    assert not capabilities_from((b"PIPELINING", b"SIZE")).pipelining


@law("ehlo-keywords")
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([b"AUTH PLAIN LOGIN"], ("PLAIN", "LOGIN")),
        ([b"AUTH=LOGIN PLAIN"], ("LOGIN", "PLAIN")),
        ([b"AUTH PLAIN", b"AUTH=PLAIN LOGIN"], ("PLAIN", "LOGIN")),
        ([b"auth plain"], ("PLAIN",)),
        ([b"AUTH"], ()),
        ([b"AUTH="], ()),
        ([b"  AUTH   PLAIN  "], ("PLAIN",)),
    ],
)
def test_mechanisms_are_read_in_both_spellings(lines: list[bytes], expected: tuple[str]) -> None:
    """`AUTH=LOGIN` is how servers talked to clients of old, and still do."""
    assert expected == offered(*lines).auth


@law("ehlo-keywords", "size-first")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"SIZE 1000", 1000),
        (b"SIZE", None),
        (b"SIZE 0", None),
        (b"SIZE many", None),
        (b"SIZE -5", None),
        (b"SIZE \xb2", None),
        (b"SIZE 999999999999999999999", None),
    ],
)
def test_a_size_without_a_number_is_no_limit(line: bytes, expected: int | None) -> None:
    """RFC 1870 4: 0 and nothing mean that no limit is named."""
    found = offered(line)

    assert (True, expected) == (found.offers_size, found.size)


def test_an_empty_answer_offers_nothing() -> None:
    """`250` alone is an answer to EHLO too."""
    assert NOTHING == capabilities_from((b"",))


@law("too-many-recipients")
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([b"LIMITS RCPTMAX=100 MAILMAX=20"], (100, 20)),
        ([b"limits mailmax=20"], (None, 20)),
        ([b"LIMITS RCPTMAX=0 MAILMAX=many RCPTDOMAINMAX=3"], (None, None)),
        ([b"LIMITS RCPTMAX=1000000 MAILMAX="], (None, None)),
        ([b"LIMITS"], (None, None)),
        ([b"RCPTMAX=5"], (None, None)),
    ],
)
def test_limits_are_known_where_they_are_named(
    lines: list[bytes], expected: tuple[int | None, int | None]
) -> None:
    """RFC 9422 3: six digits, not 0, and under their keyword."""
    found = offered(*lines)

    assert expected == (found.rcpt_max, found.mail_max)


def test_chunking_and_dsn_are_known() -> None:
    """RFC 3030, RFC 3461."""
    assert (True, True) == (offered(b"CHUNKING", b"DSN").chunking, offered(b"DSN").dsn)
    assert (False, False) == (offered(b"CHUNKINGS").chunking, offered(b"XDSN").dsn)
