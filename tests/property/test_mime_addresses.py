"""An address that passed the parser is safe on the wire; everyday ones pass as given."""

import email_validator
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pillarbox.domain.address import MAX_ADDRESS_OCTETS, MAX_LOCAL_PART_OCTETS, Address
from pillarbox.mime.domain_name import allow_special_use_domains
from pillarbox.mime.errors import AddressSyntaxError
from pillarbox.mime.mailbox import parse_address, parse_mailbox, parse_sender_pattern
from tests.laws.registry import law
from tests.property.mime_contents import CONTROL_CHARACTERS, line_texts

FORMS = [
    "{}",
    "{}a@b.test",
    "a{}b@c.test",
    "a@{}b.test",
    "a@b{}c.test",
    "a@b.test{}",
    "a@bücher{}.test",
    "N{}ame <a@b.test>",
    '"N{}ame" <a@b.test>',
    "Name <a{}@b.test>",
    "Name <a@b.test{}>",
    "Name <a@b.test>{}",
    '"a{}RCPT TO:<x@y>"@example.com',
]


def by_the_validator(text: str) -> str | None:
    """Return the address as email-validator's rules have it, the local part to the letter."""
    allow_special_use_domains()
    try:
        checked = email_validator.validate_email(
            text, check_deliverability=False, globally_deliverable=False, strict=True
        )
    except email_validator.EmailNotValidError:
        return None
    return f"{text.rpartition('@')[0]}@{checked.ascii_domain}"


def wire_or_fault(text: str) -> str | AddressSyntaxError:
    try:
        return parse_mailbox(text).address.wire
    except AddressSyntaxError as fault:
        return fault


@settings(max_examples=500, deadline=None)
@given(st.from_regex(r"\A[a-zA-Z0-9.!#+=_-]{1,70}@[a-zA-Z0-9.-]{1,80}\Z"))
@example("a@b")
@example("a@xn--bcher-kva.example")
@example("a@XN--BCHER-KVA.Example")
@example("a@xn--a.test")
@example("a@ab--c.test")
@example("a@a--b.test")
@example("a@-a.test")
@example("a@a-.test")
@example("a@" + "a" * 63 + ".test")
@example("a@" + "a" * 64 + ".test")
@example("a" * 64 + "@" + "b" * 60 + ".test")
@example("a" * 65 + "@b.test")
@example("a" * 64 + "@" + ".".join(["b" * 61] * 3) + ".cc")
@example("a" * 64 + "@" + ".".join(["b" * 61] * 3) + ".ccc")
@example("a@" + ".".join(["b" * 62] * 4))
def test_the_fast_path_agrees_with_email_validator(text: str) -> None:
    """The regular expression for plain addresses takes and refuses what the validator does.

    Numbers for a last label are the exception: this parser knows them for
    IPv4 addresses without brackets.
    """
    ours: str | AddressSyntaxError | None = wire_or_fault(text)
    if isinstance(ours, AddressSyntaxError):
        if "ends in a number" in ours.detail:
            assert text[-1].isdigit()
            return
        ours = None

    assert by_the_validator(text) == ours


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text(alphabet='ab@.<>,;:()[]"\\ -ü例\r\n', max_size=40),
        st.builds("{}@{}".format, st.text(max_size=30), st.text(max_size=30)),
        st.builds("{}@b.test".format, st.text(max_size=30)),
        st.builds("a@{}.test".format, st.text(max_size=30)),
    )
)
def test_whatever_passes_is_one_address_and_nothing_else(text: str) -> None:
    """No space, no sign with a meaning in a command or a header, domain in A-labels, in bounds."""
    fault = wire_or_fault(text)
    if isinstance(fault, AddressSyntaxError):
        assert fault.code.startswith("address.")
        assert fault.detail
        return
    box = parse_mailbox(text)
    address = box.address
    assert address.domain.isascii()
    assert address.domain == address.domain.lower()
    assert set(address.wire).isdisjoint([*' "(),:;<>[\\]', *CONTROL_CHARACTERS])
    assert address.wire.count("@") == 1
    assert len(address.local.encode()) <= MAX_LOCAL_PART_OCTETS
    assert len(address.wire.encode()) <= MAX_ADDRESS_OCTETS
    assert not set(CONTROL_CHARACTERS) & set(box.name)
    assert address == parse_address(address.wire)
    assert address.given in text


@law("address-control-characters")
@pytest.mark.parametrize("form", FORMS)
def test_no_control_character_passes_anywhere(form: str) -> None:
    """An address is an argument of MAIL and RCPT: a line end in it would be a command."""
    for character in CONTROL_CHARACTERS:
        with pytest.raises(AddressSyntaxError) as caught:
            parse_mailbox(form.format(character))
        assert caught.value.code == "address.control_character"
        with pytest.raises(AddressSyntaxError):
            parse_sender_pattern(form.format(character))
        with pytest.raises(AddressSyntaxError) as caught:
            parse_mailbox("a@b.test", form.format(character))
        assert caught.value.is_in_name


@settings(max_examples=150, deadline=None)
@given(line_texts)
def test_a_quoted_name_is_unquoted_to_the_letter(name: str) -> None:
    """RFC 5322 3.2.4: in quotes everything may stand, a quote or backslash behind a backslash."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    box = parse_mailbox(f'"{quoted}" <a@b.test>')

    assert name == box.name
    assert Address("a", "b.test") == box.address
