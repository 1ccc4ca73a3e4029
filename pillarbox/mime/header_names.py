"""Names of header fields: their form, whose they are, and which hold no free text."""

import re

MAX_NAME = 64
"""Octets of a field name; the longest that IANA has registered is 44."""

HEADER_NAME = re.compile(rf"[!-9;-~]{{1,{MAX_NAME}}}")
"""RFC 5322 3.6.8: printable ASCII without space and colon."""

_OWNED = frozenset(
    {
        "from",
        "sender",
        "to",
        "cc",
        "bcc",
        "reply-to",
        "subject",
        "date",
        "mime-version",
        "received",
        "return-path",
        "dkim-signature",
    }
)
"""Fields that the message's other members, the relays on its way or a signer write."""
_OWNED_PREFIXES = ("content-", "resent-")

_STRUCTURED = frozenset({"message-id", "references", "in-reply-to", "auto-submitted"})
_STRUCTURED_PREFIX = "list-"
_WITH_PHRASE = "list-id"
"""RFC 2919 3 lets a phrase stand before the identifier."""


def is_reserved(name: str) -> bool:
    """Whether a caller may not write this field; case does not matter."""
    lower = name.lower()
    return lower in _OWNED or lower.startswith(_OWNED_PREFIXES)


def is_structured(name: str) -> bool:
    """Whether the field holds identifiers, tokens or URIs, where encoded-words say nothing.

    RFC 5322 3.6.4, RFC 3834 5, RFC 2369.
    """
    lower = name.lower()
    return lower in _STRUCTURED or (lower.startswith(_STRUCTURED_PREFIX) and lower != _WITH_PHRASE)
