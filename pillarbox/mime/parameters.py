"""Parameters of MIME header fields (RFC 2045 5.1), and file names in them (RFC 2231).

A plain file name is a quoted string. Any other goes out twice: in
Content-Disposition as RFC 2231 has it, split into numbered sections when it is
long, and in Content-Type's `name` as encoded-words, which no standard blesses
and every mail program reads.
"""

import re
from urllib.parse import quote

from pillarbox.mime.encoded_words import encoded_words
from pillarbox.mime.folding import LINE

_LONGEST_PLAIN = 60
"""Octets of a file name that leave `filename="…"` within one line."""
_ROOM = LINE - 2
"""A folded line begins with a space and may end with a semicolon."""
_ATTRIBUTE_CHARACTERS = "!#$&+^`{}|"
"""Beside letters, digits and `_.-~`: RFC 2231 7, attribute-char."""
_NAME_WORD = 64
"""Leaves room in a line for `name="` before and a quote and semicolon after."""

_ATTRIBUTE = r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~]+"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"'
_CONTENT_TYPE = re.compile(
    rf"({_ATTRIBUTE}/{_ATTRIBUTE})((?: *; *{_ATTRIBUTE}=(?:{_ATTRIBUTE}|{_QUOTED}))*)"
)
_PARAMETER = re.compile(rf" *; *({_ATTRIBUTE})=({_ATTRIBUTE}|{_QUOTED})")


def split_content_type(text: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Return `type/subtype` in lower case and its parameters as written; None if it is neither.

    Only what one line of ASCII can carry is a content type here (RFC 2045 5.1).
    """
    matched = _CONTENT_TYPE.fullmatch(text)
    if matched is None or not text.isascii():
        return None
    media_type, rest = matched.groups()
    parameters = [(name.lower(), value) for name, value in _PARAMETER.findall(rest)]
    return media_type.lower(), parameters


def quoted_string(text: str) -> str:
    """Return ASCII text in quotes, with its quotes and backslashes escaped (RFC 5322 3.2.4)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def disposition_parameters(filename: str) -> list[str]:
    """Return the `filename` of Content-Disposition as one parameter or its RFC 2231 sections."""
    if _is_plain(filename):
        return [f"filename={quoted_string(filename)}"]
    characters = [quote(character, safe=_ATTRIBUTE_CHARACTERS) for character in filename]
    whole = "filename*=utf-8''" + "".join(characters)
    if len(whole) <= _ROOM:
        return [whole]
    sections = ["filename*0*=utf-8''"]
    for character in characters:
        if len(sections[-1]) + len(character) > _ROOM:
            sections.append(f"filename*{len(sections)}*=")
        sections[-1] += character
    return sections


def name_words(filename: str) -> list[str]:
    """Return Content-Type's `name` parameter as words to fold between."""
    if _is_plain(filename):
        return [f"name={quoted_string(filename)}"]
    words = encoded_words(filename, limit=_NAME_WORD)
    words[0] = 'name="' + words[0]
    words[-1] += '"'
    return words


def _is_plain(filename: str) -> bool:
    """Whether every reader takes a quoted string for this name, blanks at its ends included."""
    return (
        filename.isascii()
        and len(filename) <= _LONGEST_PLAIN
        and "=?" not in filename
        and filename == filename.strip(" ")
    )
