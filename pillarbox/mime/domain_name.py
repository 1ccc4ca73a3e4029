"""Domains of mail addresses, as lower-case A-labels (RFC 5890 2.3.2.1).

Syntax is email-validator's, which follows RFC 1123, IDNA 2008 and UTS 46. Two
of its rules are for public mail only and are switched off: private networks
mail to `.test` and `.internal`, and to hosts without a dot. One is added: a
last label of digits is an IPv4 address without its brackets, not a name.
"""

import re
from functools import cache

import email_validator

from pillarbox.mime.errors import AddressSyntaxError

LABEL = "(?![A-Za-z0-9-]{2}--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
"""A plain label. One with two hyphens at its third place may be an A-label and is looked into."""
PLAIN_DOMAIN = rf"{LABEL}(?:\.{LABEL})*"
"""A domain for which email-validator has nothing to convert and nothing to refuse but length."""
MAX_DOMAIN_OCTETS = 253
"""RFC 1035 2.3.4 gives 255 with the root label and the length octets."""

_PLAIN = re.compile(PLAIN_DOMAIN)
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?[0-9]+", re.DOTALL)


@cache
def allow_special_use_domains() -> None:
    """Empty the validator's list of names that public mail never goes to; once a process.

    The list is that library's documented setting for it.
    """
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def canonical_domain(text: str) -> str:
    """Return the domain as lower-case A-labels; `AddressSyntaxError` if it is none."""
    if len(text) <= MAX_DOMAIN_OCTETS and _PLAIN.fullmatch(text):
        domain = text.lower()
    else:
        domain = _converted(text)
    return refuse_bare_ipv4(domain)


def refuse_bare_ipv4(domain: str) -> str:
    """Return the domain, unless its last label is a number."""
    if domain[-1].isdecimal() and _ENDS_IN_NUMBER.fullmatch(domain):
        raise AddressSyntaxError(
            "address.domain", "the domain ends in a number: an IP address is not taken"
        )
    return domain


def _converted(text: str) -> str:
    if text.startswith("["):
        raise AddressSyntaxError(
            "address.domain_literal", "an IP address in brackets is not taken in place of a domain"
        )
    if not text or len(text) > MAX_DOMAIN_OCTETS or '"' in text or "@" in text or "<" in text:
        raise AddressSyntaxError("address.domain", "the part after the @ is not a domain")
    allow_special_use_domains()
    try:
        checked = email_validator.validate_email(
            f"a@{text}", check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError as fault:
        raise AddressSyntaxError("address.domain", str(fault)) from fault
    return checked.ascii_domain
