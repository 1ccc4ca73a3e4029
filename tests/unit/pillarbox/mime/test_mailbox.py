import pytest

from pillarbox.domain.address import Address, Mailbox
from pillarbox.mime.errors import AddressSyntaxError
from pillarbox.mime.mailbox import parse_address, parse_mailbox, parse_sender_pattern
from tests.laws.registry import law


@pytest.mark.parametrize(
    ("text", "name", "wire"),
    [
        ("a@b", "", "a@b"),
        ("ada@example.com", "", "ada@example.com"),
        ("  ada@example.com ", "", "ada@example.com"),
        ("<ada@example.com>", "", "ada@example.com"),
        ("Acme Billing <billing@acme.test>", "Acme Billing", "billing@acme.test"),
        ("John Q. Public <j@x.test>", "John Q. Public", "j@x.test"),
        ('"Doe, John" <j@x.test>', "Doe, John", "j@x.test"),
        ('"a \\"b\\" \\\\ <c@d>" <j@x.test>', 'a "b" \\ <c@d>', "j@x.test"),
        ('Dr. "J. Doe" Jr <j@x.test>', "Dr. J. Doe Jr", "j@x.test"),
        ('"" <j@x.test>', "", "j@x.test"),
        ("Jürgen Groß<j@x.test>", "Jürgen Groß", "j@x.test"),
        ("=?utf-8?q?x?= <j@x.test>", "=?utf-8?q?x?=", "j@x.test"),
        ("o'hara+tag@x.test", "", "o'hara+tag@x.test"),
        ("root@localhost", "", "root@localhost"),
        ("root@mail.internal", "", "root@mail.internal"),
        ("INFO@X.Test", "", "INFO@x.test"),
        ("a@Bücher.Example", "", "a@xn--bcher-kva.example"),
        ("a@xn--bcher-kva.example", "", "a@xn--bcher-kva.example"),
        ("a@例え。jp", "", "a@xn--r8jz45g.jp"),
        ("jürgen@x.test", "", "jürgen@x.test"),
    ],
)
def test_one_mailbox_is_read(text: str, name: str, wire: str) -> None:
    """RFC 5322 3.4: with or without a name, quoted or not; domains become A-labels."""
    box = parse_mailbox(text)

    assert (name, wire) == (box.name, box.address.wire)


@law("quoted-local-part")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "address.syntax"),
        ("ada", "address.syntax"),
        ("@b.test", "address.syntax"),
        ("a@", "address.syntax"),
        ("a@b@c.test", "address.syntax"),
        ("a..b@c.test", "address.syntax"),
        (".a@c.test", "address.syntax"),
        ("a b@c.test", "address.syntax"),
        ("a@b c.test", "address.syntax"),
        ("a\u00a0b@c.test", "address.syntax"),
        ("a\u202eb@c.test", "address.syntax"),
        ("Name <>", "address.syntax"),
        ("Name <a@b.test", "address.syntax"),
        ("Name <a@b.test> x", "address.syntax"),
        ("Name <<a@b.test>>", "address.syntax"),
        ("<a@b.test> <c@d.test>", "address.syntax"),
        ("a@b.test <a@b.test>", "address.syntax"),
        ('"open <a@b.test>', "address.syntax"),
        ("a@b.test, c@d.test", "address.list"),
        ("a@b.test;c@d.test", "address.list"),
        ("Doe, John <j@x.test>", "address.list"),
        ("A <a@b.test>, B <c@d.test>", "address.list"),
        ("Friends: a@b.test, c@d.test;", "address.group"),
        ("undisclosed-recipients:;", "address.group"),
        ("Friends: A <a@b.test>;", "address.group"),
        ("a@b.test (Ada)", "address.comment"),
        ("Ada (work) <a@b.test>", "address.comment"),
        ("a(x)@b.test", "address.comment"),
        ('"a b"@c.test', "address.quoted_local_part"),
        ('"a"@c.test', "address.quoted_local_part"),
        ('X <"a@b"@c.test>', "address.quoted_local_part"),
        ("a@[127.0.0.1]", "address.domain_literal"),
        ("a@[IPv6:::1]", "address.domain_literal"),
        ("a@127.0.0.1", "address.domain"),
        ("a@1", "address.domain"),
        ("a@-b.test", "address.domain"),
        ("a@b..test", "address.domain"),
        ("a@b.test.", "address.domain"),
        ("a@b_c.test", "address.domain"),
        ("a@xn--a.test", "address.domain"),
        ("a@ab--c.test", "address.domain"),
        ("a@" + "b" * 64 + ".test", "address.domain"),
        ("a" * 65 + "@b.test", "address.local_part_too_long"),
        ("ü" * 33 + "@b.test", "address.local_part_too_long"),
        ("a@" + "b." * 126 + "test", "address.too_long"),
        ("a" * 60 + "@" + "ä." * 28 + "test", "address.too_long"),
        ("x" * 100_000, "address.too_long"),
        ("a\r\n@b.test", "address.control_character"),
        ('"a\r\nRCPT TO:<x@y>"@example.com', "address.control_character"),
        ("a@b.test\n", "address.control_character"),
        ("Na\tme <a@b.test>", "address.control_character"),
        ("\ud800@b.test", "address.control_character"),
        ("x" * 999 + " <a@b.test>", "address.name_too_long"),
    ],
)
def test_what_is_not_one_mailbox_says_why(text: str, code: str) -> None:
    """Codes are stable: callers tell their users by them."""
    with pytest.raises(AddressSyntaxError) as caught:
        parse_mailbox(text)

    assert code == caught.value.code
    assert caught.value.detail


def test_an_address_keeps_how_it_was_given() -> None:
    """Domains are compared as A-labels and echoed as given."""
    box = parse_mailbox("Ada <ada@BÜCHER.example>")

    assert "ada@BÜCHER.example" == str(box.address)
    assert Address("ada", "xn--bcher-kva.example") == box.address


def test_a_non_ascii_local_part_is_normalised_to_nfc() -> None:
    """RFC 6532 3.1: two spellings of one ü are one mailbox; only the echo differs."""
    composed, decomposed = parse_address("jürgen@x.test"), parse_address("ju\u0308rgen@x.test")

    assert composed == decomposed
    assert "ju\u0308rgen@x.test" == decomposed.given
    assert not composed.ascii_local


def test_a_name_given_apart_is_taken_to_the_letter() -> None:
    assert Mailbox(Address("a", "b.test"), 'Doe, "J" <x>') == parse_mailbox(
        "a@b.test", 'Doe, "J" <x>'
    )
    assert not parse_mailbox("a@b.test", "").name


def test_an_address_given_apart_from_its_name_holds_no_second_name() -> None:
    with pytest.raises(AddressSyntaxError) as caught:
        parse_mailbox("Ada <a@b.test>", "Ada")

    assert "address.syntax" == caught.value.code
    assert not caught.value.is_in_name


@pytest.mark.parametrize("name", ["a\r\nBcc: x@y", "\u2028", "x\u0085", "n" * 999])
def test_a_fault_of_the_name_is_told_from_one_of_the_address(name: str) -> None:
    with pytest.raises(AddressSyntaxError) as caught:
        parse_mailbox("a@b.test", name)

    assert caught.value.is_in_name


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("*", "*"),
        ("Acme.Test", "acme.test"),
        ("*.Bücher.example", "*.xn--bcher-kva.example"),
        ("Billing@Acme.Test", "Billing@acme.test"),
        ("localhost", "localhost"),
    ],
)
def test_a_sender_pattern_is_normalised_like_the_addresses_it_meets(
    text: str, pattern: str
) -> None:
    assert pattern == parse_sender_pattern(text).pattern


@pytest.mark.parametrize(
    "text", ["", "*.", "**", "a.*", "*@acme.test", "a@", "Ada <a@b.test>", "*.1", "a b", "[::1]"]
)
def test_what_is_no_sender_pattern_is_refused(text: str) -> None:
    """A pattern that can match nothing would lock its key out without a word."""
    with pytest.raises(AddressSyntaxError):
        parse_sender_pattern(text)
