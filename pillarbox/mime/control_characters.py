"""The characters that no header field, name, address or file name may hold.

C0 with TAB, CR, LF and NUL; DEL; C1 with NEL (U+0085); the line and paragraph
separators U+2028 and U+2029; and lone surrogates, which are not characters and
have no UTF-8. RFC 5322 2.2 would let a TAB stand in a value: here it may not,
since a caller who means white space can write a space.
"""

import re

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def has_control_character(text: str) -> bool:
    """Whether any character of `text` could end, split or corrupt a header line."""
    return not text.isprintable() and _FORBIDDEN.search(text) is not None


def first_control_character(text: str) -> str | None:
    """Name the first such character as `U+000A`, for a sentence; None if there is none."""
    found = _FORBIDDEN.search(text)
    return None if found is None else f"U+{ord(found.group()):04X}"
