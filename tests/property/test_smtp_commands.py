"""No character can make one command two, whatever argument it comes in."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.domain.address import Address
from tests.laws.registry import law
from workers.smtp.commands import Command, ehlo, helo, mail, rcpt, vrfy
from workers.smtp.errors import ArgumentRefusedError

CONTROLS = [
    chr(point)
    for point in range(0x110000)
    if unicodedata.category(chr(point)) in {"Cc", "Zl", "Zp"}
]

ARGUMENTS: dict[str, Callable[[str], Command]] = {
    "EHLO name": ehlo,
    "HELO name": helo,
    "VRFY": vrfy,
    "sender local": lambda value: mail(Address(value, "example.com")),
    "sender quoted": lambda value: mail(Address(f'"{value}"', "example.com")),
    "sender domain": lambda value: mail(Address("a", value)),
    "recipient local": lambda value: rcpt(Address(value, "example.com")),
    "recipient quoted": lambda value: rcpt(Address(f'"{value}"', "example.com")),
    "recipient domain": lambda value: rcpt(Address("a", value)),
    "recipient literal": lambda value: rcpt(Address("a", f"[{value}]")),
}


@law("address-control-characters", "argument-control-characters")
@pytest.mark.parametrize("argument", ARGUMENTS)
def test_every_control_character_is_refused_in_every_argument(argument: str) -> None:
    """CR, LF, NUL, all of C0, DEL, C1 and the separators of Unicode."""
    taken = []
    for control in CONTROLS:
        for value in (control, f"a{control}b", f"a{control}"):
            try:
                taken.append(ARGUMENTS[argument](value))
            except ArgumentRefusedError:
                continue

    assert [] == taken


@pytest.mark.parametrize("argument", ARGUMENTS)
@given(value=st.text(max_size=80))
def test_whatever_is_taken_is_one_line(argument: str, value: str) -> None:
    """One command, or none."""
    try:
        wire = ARGUMENTS[argument](value).wire
    except ArgumentRefusedError:
        return

    assert wire.endswith(b"\r\n")
    assert not any(octet < 0x20 or octet == 0x7F for octet in wire[:-2])
    assert wire.decode("utf-8").splitlines() == [wire[:-2].decode("utf-8")]
