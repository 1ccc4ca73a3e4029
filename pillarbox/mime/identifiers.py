"""Message-ID and Content-ID: their form, and how a Message-ID of ours is made."""

import re

MAX_IDENTIFIER = 255
"""Octets; neither can be folded, and readers index by them."""

_ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
_DOT_ATOM = rf"{_ATOM}(?:\.{_ATOM})*"

MESSAGE_ID = re.compile(rf"<{_DOT_ATOM}@(?:{_DOT_ATOM}|\[[!-Z^-~]*\])>")
"""RFC 5322 3.6.4 without its obsolete forms."""

CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.@:]+")
"""What stands between the angle brackets, and after `cid:` in the HTML (RFC 2392).

The RFC wants an `@` in it; every mail program takes a plain `logo`.
"""


def make_message_id(unique: str, domain: str) -> str:
    """Return `<unique@domain>`; both are ASCII, the domain in A-labels."""
    return f"<{unique}@{domain}>"
