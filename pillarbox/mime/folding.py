"""Folding header fields (RFC 5322 2.2.3).

A field is folded only where a space stands, and no line is white space alone
(RFC 5322 3.2.2): unfolding gives back what was folded, space for space.
"""

from collections.abc import Sequence

from pillarbox.mime.errors import UnbuildableError

LINE = 76
"""Where lines end if they can: RFC 5322 2.1.1 wishes for 78, RFC 2047 2 for 76."""
MAX_LINE = 998
"""RFC 5322 2.1.1 and RFC 5321 4.5.3.1.6, without the line end."""


def fold(name: str, words: Sequence[str]) -> str:
    """Return the field `name` with these words, one space between each two, as whole lines.

    A word is never broken; an empty one stands for one more space. Raises
    `UnbuildableError` naming the field if a word leaves no line short enough.
    """
    lines: list[str] = []
    line = f"{name}:"
    for position, word in enumerate(words):
        longer = f"{line} {word}"
        full = len(longer) > (LINE if position else MAX_LINE)
        if full and not line.isspace():
            lines.append(line)
            line = f" {word}"
        else:
            line = longer
    lines.append(line)
    folded = "\r\n".join(lines) + "\r\n"
    if len(folded) > MAX_LINE // 4 and max(len(line.encode()) for line in lines) > MAX_LINE:
        raise UnbuildableError(name, f"a word is too long for a line of {MAX_LINE} octets")
    return folded
