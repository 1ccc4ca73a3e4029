"""Parsing what callers write for an address: one RFC 5322 mailbox a string.

Rules of this file:

1. One mailbox: a list, a group, a comment, a quoted local part or a domain
   literal is a fault with a code of its own, never a guess.
2. No control character passes, wherever it stands: an address is an argument
   of an SMTP command and part of a header line.
3. A local part is kept to the letter when it is ASCII (RFC 5321 2.4), and in
   Unicode's form NFC when it is not (RFC 6532 3.1); `Address.given` keeps the
   address as it was written.
4. Encoded-words are not decoded: JSON carries every script by itself.
"""

import re
import unicodedata
from typing import NoReturn

import email_validator

from pillarbox.domain.address import (
    MAX_ADDRESS_OCTETS,
    MAX_LOCAL_PART_OCTETS,
    Address,
    Mailbox,
    SenderPattern,
)
from pillarbox.mime.control_characters import first_control_character, has_control_character
from pillarbox.mime.domain_name import (
    PLAIN_DOMAIN,
    allow_special_use_domains,
    canonical_domain,
    refuse_bare_ipv4,
)
from pillarbox.mime.errors import AddressSyntaxError

MAX_NAME_OCTETS = 998
"""A display name is no longer than the longest subject."""
MAX_TEXT_LENGTH = 2 * MAX_NAME_OCTETS + MAX_ADDRESS_OCTETS
"""A name of quoted pairs and an address; bounds what the expressions below look at."""

_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({PLAIN_DOMAIN})")
"""The everyday address, for which email-validator would only repeat what was given."""

_ANGLED = re.compile(r'([^"(),:;<>@\[\\\]]*)<([^<>]*)>')
"""`Name <addr>` with a name that needs no quotes; obsolete dots in it are taken (RFC 5322 4.1)."""
_WORD = re.compile(r' *(?:"((?:[^"\\]|\\.)*)"|([^ "(),:;<>@\[\\\]]+)) *', re.DOTALL)
_QUOTED_LOCAL_PART = re.compile(r'"(?:[^"\\]|\\.)*"?@', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def parse_mailbox(text: str, name: str | None = None) -> Mailbox:
    """Return the one mailbox that `text` is; `AddressSyntaxError` says what is wrong with it.

    With `name` (an address and its name were given apart), `text` is the
    address alone.
    """
    if name is not None:
        return Mailbox(parse_address(text), _checked_name(name))
    if "<" not in text:
        return Mailbox(parse_address(text))
    _refuse_early(text)
    stripped = text.strip(" ")
    angled = _ANGLED.fullmatch(stripped)
    if angled is not None:
        phrase, address = angled.groups()
        display = phrase.strip(" ")
    else:
        address, display = _split_angled(stripped)
    return Mailbox(parse_address(address), _checked_name(display))


def parse_address(text: str) -> Address:
    """Return the address that `text` is, without a display name; or `AddressSyntaxError`."""
    plain = _PLAIN.fullmatch(text) if len(text) <= MAX_ADDRESS_OCTETS else None
    if plain is not None:
        local, domain = plain.groups()
        if len(local) <= MAX_LOCAL_PART_OCTETS:
            return Address(local, refuse_bare_ipv4(domain.lower()), text)
    _refuse_early(text)
    given = text.strip(" ")
    local, domain = _split_address(given)
    _refuse_long(given, local)
    local = _checked_local_part(local)
    address = Address(local, canonical_domain(domain), given)
    _refuse_long(address.wire, local)
    return address


def parse_sender_pattern(text: str) -> SenderPattern:
    """Return an entry of a key's `senders`: an address, a domain, `*.domain` or `*`.

    Domains become A-labels, so that the pattern compares with parsed
    addresses. Raises `AddressSyntaxError`.
    """
    _refuse_early(text)
    pattern = text.strip(" ")
    if pattern == "*":
        return SenderPattern(pattern)
    if pattern.startswith("*@"):
        raise AddressSyntaxError(
            "address.syntax", "for any address of a domain write the domain alone, without *@"
        )
    if "@" in pattern:
        return SenderPattern(parse_address(pattern).wire)
    if pattern.startswith("*."):
        return SenderPattern("*." + canonical_domain(pattern[2:]))
    return SenderPattern(canonical_domain(pattern))


def _refuse_early(text: str) -> None:
    """Refuse what no later step should have to look at."""
    if len(text) > MAX_TEXT_LENGTH:
        _refuse("address.too_long", f"an address is at most {MAX_ADDRESS_OCTETS} octets long")
    if has_control_character(text):
        raise AddressSyntaxError(
            "address.control_character",
            f"an address holds no control character ({first_control_character(text)})",
        )


def _checked_name(name: str) -> str:
    if has_control_character(name):
        raise AddressSyntaxError(
            "address.name_control_character",
            f"a name holds no control character ({first_control_character(name)})",
        )
    if len(name.encode()) > MAX_NAME_OCTETS:
        raise AddressSyntaxError(
            "address.name_too_long", f"a name is at most {MAX_NAME_OCTETS} octets long"
        )
    return name


def _split_angled(text: str) -> tuple[str, str]:
    """Return address and display name where the name is quoted, or say what is wrong."""
    words: list[str] = []
    position = 0
    while word := _WORD.match(text, position):
        quoted, atom = word.groups()
        words.append(atom if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted))
        position = word.end()
    rest = text[position:]
    if rest.startswith("<") and rest.endswith(">") and not set(rest[1:-1]) & {"<", ">"}:
        return rest[1:-1], " ".join(words)
    _refuse_structure(text)
    if rest.startswith("<") and ">" in rest:
        _refuse("address.syntax", "nothing follows the closing angle bracket")
    raise AddressSyntaxError(
        "address.syntax", "not of the form Name <local@domain>; a name with signs is quoted"
    )


def _split_address(text: str) -> tuple[str, str]:
    if not text:
        _refuse("address.syntax", "the address is empty")
    if _QUOTED_LOCAL_PART.match(text):
        _refuse("address.quoted_local_part", "a quoted local part is not taken")
    local, at, domain = text.rpartition("@")
    if domain.startswith("["):
        _refuse("address.domain_literal", "an IP address in brackets is not taken")
    _refuse_structure(text)
    if "<" in text or ">" in text:
        _refuse("address.syntax", "an address alone is wanted here, without name or brackets")
    if not at:
        _refuse("address.syntax", "there is no @ in the address")
    if "@" in local:
        _refuse("address.syntax", "there is more than one @ in the address")
    if not local:
        _refuse("address.syntax", "there is nothing before the @")
    if not domain:
        _refuse("address.syntax", "there is nothing after the @")
    if " " in local or " " in domain:
        _refuse("address.syntax", "there is a space in the address")
    return local, domain


def _refuse_structure(text: str) -> None:
    """Name what RFC 5322 knows beside a mailbox: comments, groups and lists."""
    bare = _QUOTED_STRING.sub("", text)
    if "(" in bare or ")" in bare:
        _refuse("address.comment", "comments in parentheses are not taken; a name is quoted")
    if ":" in bare:
        _refuse("address.group", "groups are not taken; a name with a colon is quoted")
    if "," in bare or ";" in bare:
        _refuse("address.list", "one address a string; a name with a comma is quoted")


def _refuse_long(address: str, local: str) -> None:
    if len(local.encode()) > MAX_LOCAL_PART_OCTETS:
        _refuse(
            "address.local_part_too_long",
            f"the part before the @ is at most {MAX_LOCAL_PART_OCTETS} octets long",
        )
    if len(address.encode()) > MAX_ADDRESS_OCTETS:
        _refuse("address.too_long", f"an address is at most {MAX_ADDRESS_OCTETS} octets long")


def _checked_local_part(local: str) -> str:
    allow_special_use_domains()
    try:
        email_validator.validate_email(
            f"{local}@a", check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError as fault:
        raise AddressSyntaxError("address.syntax", str(fault)) from fault
    normal = unicodedata.normalize("NFC", local)
    _refuse_long("", normal)
    return normal


def _refuse(code: str, detail: str) -> NoReturn:
    raise AddressSyntaxError(code, detail)
