"""Commands as bytes: nothing in an argument can end or bend the line."""

import pytest

from pillarbox.domain.address import Address
from tests.laws.registry import law
from workers.smtp import commands
from workers.smtp.errors import ArgumentRefusedError

A = Address("a", "example.com")


@law("paths-as-written")
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (commands.ehlo("client.test"), b"EHLO client.test\r\n"),
        (commands.helo("[127.0.0.1]"), b"HELO [127.0.0.1]\r\n"),
        (commands.mail(A), b"MAIL FROM:<a@example.com>\r\n"),
        (commands.mail(None), b"MAIL FROM:<>\r\n"),
        (
            commands.mail(A, size=7, eight_bit=True, utf8=True),
            b"MAIL FROM:<a@example.com> SIZE=7 BODY=8BITMIME SMTPUTF8\r\n",
        ),
        (commands.rcpt(A), b"RCPT TO:<a@example.com>\r\n"),
        (commands.rcpt(Address('"a b"', "example.com")), b'RCPT TO:<"a b"@example.com>\r\n'),
        (
            commands.rcpt(Address("jürgen", "xn--r8jz45g.jp")),
            "RCPT TO:<jürgen@xn--r8jz45g.jp>\r\n".encode(),
        ),
        (commands.rcpt(Address("a", "[127.0.0.1]")), b"RCPT TO:<a@[127.0.0.1]>\r\n"),
        (commands.auth("PLAIN", None), b"AUTH PLAIN\r\n"),
        (commands.auth("PLAIN", b"="), b"AUTH PLAIN =\r\n"),
        (commands.vrfy("someone"), b"VRFY someone\r\n"),
    ],
)
def test_commands_are_written_as_the_standard_writes_them(
    command: commands.Command, expected: bytes
) -> None:
    """No space after the colon, null sender, quoted local part, A-labels."""
    assert expected == command.wire


@law("address-control-characters", "quoted-local-part", "paths-as-written")
@pytest.mark.parametrize(
    ("local", "domain"),
    [
        ('"a\r\nRCPT TO:<x@y>"', "example.com"),
        ("a\r\nDATA", "example.com"),
        ("a", "example.com\r\nDATA"),
        ("a b", "example.com"),
        ("a>", "example.com"),
        ("<a", "example.com"),
        ("@one,@two:a", "example.com"),
        ("a,b", "example.com"),
        (".a", "example.com"),
        ("a..b", "example.com"),
        ('"a"b"', "example.com"),
        ("", "example.com"),
        ("a", ""),
        ("a", "bücher.example"),
        ("a", "exa mple.com"),
        ("a", "example.com>"),
        ("a" * 65, "example.com"),
        ("a" * 64, "e" * 190),
    ],
)
def test_an_address_that_is_none_is_refused_with_its_field(local: str, domain: str) -> None:
    """CVE-2015-8476 and CVE-2026-30227 came through here."""
    with pytest.raises(ArgumentRefusedError) as refused:
        commands.rcpt(Address(local, domain))

    assert refused.value.field == "recipient"


@law("argument-control-characters", "ehlo-name")
@pytest.mark.parametrize(
    "name",
    ["localhost.", "my_host", "127.0.0.1", "", "a b", "a\r\nMAIL", "[127.0.0.1", "::1", "1.2"],
)
def test_a_name_for_ehlo_is_a_domain_or_a_literal(name: str) -> None:
    """Bpo-43124; and servers refuse underscores and bare addresses."""
    with pytest.raises(ArgumentRefusedError) as refused:
        commands.ehlo(name)

    assert refused.value.field == "EHLO name"


@law("ehlo-name")
@pytest.mark.parametrize(
    "name", ["localhost", "client.test", "3com.example", "a-1.b2", "xn--r8jz45g.jp"]
)
def test_an_ordinary_name_is_taken(name: str) -> None:
    """What a host may be called."""
    assert f"EHLO {name}\r\n".encode() == commands.ehlo(name).wire


@law("ipv6-literal")
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", "[127.0.0.1]"),
        ("2001:db8::1", "[IPv6:2001:db8::1]"),
        ("::1", "[IPv6:::1]"),
        ("::ffff:192.0.2.1", "[192.0.2.1]"),
        ("fe80::1%eth0", "[IPv6:fe80::1]"),
    ],
)
def test_an_address_literal_has_its_tag(address: str, expected: str) -> None:
    """RFC 5321 4.1.3: `[2001:db8::1]` is refused by many."""
    assert expected == commands.client_literal(address)
    assert f"EHLO {expected}\r\n".encode() == commands.ehlo(expected).wire


def test_a_line_longer_than_the_standard_allows_is_refused() -> None:
    """RFC 5321 4.5.3.1.4: 512 octets with CRLF."""
    with pytest.raises(ArgumentRefusedError):
        commands.auth("PLAIN", b"x" * 501)


@law("refused-credentials")
@pytest.mark.parametrize(
    "command", [commands.auth("PLAIN", b"c2VjcmV0"), commands.auth_response(b"c2VjcmV0")]
)
def test_a_secret_is_not_in_the_repr(command: commands.Command) -> None:
    """Reprs end in logs."""
    assert "c2VjcmV0" not in repr(command)
    assert "c2VjcmV0" not in str(command)
