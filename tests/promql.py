"""Which metrics and labels an expression of PromQL names: by its own grammar, not by their looks.

Every token is known for what it is; what cannot be read is an error, so that nothing
is missed. Grafana's `$variables` may stand for a duration, or in a string.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
    | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<range>\[[^\]]*\])
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<duration>(?:\d+(?:ms|[smhdwy]))+)
    | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>@])
    """,
    re.VERBOSE,
)
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan", "start", "end"})


class UnreadableError(Exception):
    """The expression is not read to its end."""


class Token(NamedTuple):
    """A piece of an expression."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Named:
    """What an expression names: selectors with the labels they match, and labels grouped by."""

    selectors: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    grouped: set[str] = field(default_factory=set)


def named(expression: str) -> Named:
    """Read an expression; raises `UnreadableError`."""
    tokens = list(_tokens(expression))
    found = Named()
    place = 0
    while place < len(tokens):
        token, following = tokens[place], tokens[place + 1 : place + 2]
        opens = following == [Token("sign", "(")]
        if token.kind == "sign" and token.text == "{":
            raise UnreadableError(f"a selector without a name: {expression}")
        if token.kind != "name" or token.text in _WORDS:
            place += 1
        elif token.text in _GROUPING:
            labels, place = _until(")", tokens, place + 2) if opens else ([], place + 1)
            found.grouped.update(each.text for each in labels if each.kind == "name")
        elif opens or (following[:1] and following[0].text in {"by", "without"}):
            place += 1  # a function, or an aggregation
        elif following == [Token("sign", "{")]:
            matchers, place = _until("}", tokens, place + 2)
            labels = [each for each in matchers if each.kind == "name"]
            found.selectors.append((token.text, frozenset(each.text for each in labels)))
        else:
            found.selectors.append((token.text, frozenset()))
            place += 1
    return found


def _tokens(expression: str) -> Iterator[Token]:
    place = 0
    while place < len(expression):
        match = _TOKEN.match(expression, place)
        if match is None or match.lastgroup is None:
            raise UnreadableError(f"at {expression[place : place + 20]!r} of {expression}")
        if match.lastgroup != "space":
            yield Token(match.lastgroup, match[0])
        place = match.end()


def _until(closing: str, tokens: list[Token], place: int) -> tuple[list[Token], int]:
    """Return what stands before the closing sign, and the place behind it."""
    for end in range(place, len(tokens)):
        if tokens[end] == Token("sign", closing):
            return tokens[place:end], end + 1
    raise UnreadableError(f"no {closing}")
