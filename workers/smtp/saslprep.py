"""User names and passwords in the form in which SASL compares them (SASLprep, RFC 4013)."""

import stringprep
import unicodedata
from collections.abc import Callable
from typing import Final

_PROHIBITED: Final[tuple[Callable[[str], bool], ...]] = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)
"""RFC 4013 2.3."""


def saslprep(text: str) -> str:
    """Prepare a user name or a password; what cannot be prepared is returned as it is.

    An old password may hold what SASLprep prohibits, and then the server has kept
    it unprepared too: PostgreSQL and its clients do the same.
    """
    if text.isascii() and text.isprintable():
        return text
    mapped = "".join(
        " " if stringprep.in_table_c12(character) else character
        for character in text
        if not stringprep.in_table_b1(character)
    )
    prepared = unicodedata.normalize("NFKC", mapped)
    return prepared if _is_allowed(prepared) else text


def _is_allowed(text: str) -> bool:
    if any(prohibits(character) for character in text for prohibits in _PROHIBITED):
        return False
    if not any(map(stringprep.in_table_d1, text)):
        return True
    # RFC 3454 6: what runs from right to left begins and ends so, and holds nothing that does not
    return (
        not any(map(stringprep.in_table_d2, text))
        and stringprep.in_table_d1(text[0])
        and stringprep.in_table_d1(text[-1])
    )
