"""The small language in which the rules say what words of a reply they look for.

1. A phrase is words in order: `mailbox full` finds the two side by side.
2. `a|b` is one word or the other; `exceed*` any word that begins so.
3. `(the)` may stand there or not; `..` is a gap of at most `GAP` characters.
4. `p & q` finds both, anywhere.
5. Phrases are matched against `Wording.words`, where words are separated by one
   space. A phrase becomes a search that has no nested quantifier and at most
   `MOST_GAPS` bounded gaps, so its work is bounded by the length of the text.
"""

import re
from dataclasses import dataclass

GAP = 36
"""Characters: about six words, as far as two halves of one statement stand apart."""

MOST_GAPS = 2
"""A third gap multiplies the work of a search by `GAP` once more."""

SHORTEST_TRIGGER = 3
"""Letters: a shorter stem would wake its phrase for every other text."""

TRIGGER = 4
"""Letters of a word by which phrases are looked up."""

FREQUENT = frozenset(
    (
        "a account address an and are as at be been by client domain email for from has have "
        "host in ip is it mail mailbox message messages no not of on our recipient sender send "
        "sending server service that the this to user was you your"
    ).split()
)
"""Words that stand in most replies, and so would wake a phrase in vain."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A compiled phrase: every one of `searches` must be found; `triggers` wake it.

    One of the triggers is the beginning of some word in every text that the phrase
    is found in: its first `TRIGGER` letters, or the whole of it if it is shorter.
    """

    source: str
    searches: tuple[re.Pattern[str], ...]
    triggers: frozenset[str]

    def is_in(self, words: str) -> bool:
        """Whether the words, as `Wording` writes them, hold this phrase."""
        return all(search.search(words) for search in self.searches)


def parse_phrase(source: str) -> Phrase:
    """Compile a phrase; `ValueError` where it breaks the rules of this file."""
    sequences = [sequence.split() for sequence in source.split(" & ")]
    return Phrase(
        source=source,
        searches=tuple(re.compile(_pattern(tokens, source)) for tokens in sequences),
        triggers=min(
            (_triggers(token) for tokens in sequences for token in tokens if _is_needed(token)),
            key=_frequency,
        ),
    )


def _is_needed(token: str) -> bool:
    return token != ".." and not token.startswith("(")


def _pattern(tokens: list[str], source: str) -> str:
    """Write one sequence as a pattern in which every word stands between spaces."""
    if not tokens or not (_is_needed(tokens[0]) and _is_needed(tokens[-1])):
        raise ValueError(f"a phrase begins and ends with a word: {source!r}")
    if tokens.count("..") > MOST_GAPS:
        raise ValueError(f"a phrase has at most {MOST_GAPS} gaps: {source!r}")
    return "".join(_token_pattern(token) for token in tokens)


def _token_pattern(token: str) -> str:
    if token == "..":
        return f".{{0,{GAP}}}?"
    if token.startswith("("):
        return f"(?: {_choice(token[1:-1], stems=False)}(?= ))?"
    return f" {_choice(token, stems=True)}(?= )"


def _choice(token: str, *, stems: bool) -> str:
    words = [_word_pattern(word, stems=stems) for word in token.split("|")]
    return words[0] if len(words) == 1 else f"(?:{'|'.join(words)})"


def _word_pattern(word: str, *, stems: bool) -> str:
    letters = word.removesuffix("*")
    if not letters.isalnum() or letters != letters.lower():
        raise ValueError(f"a word of a phrase is letters and digits, in lower case: {word!r}")
    if letters == word:
        return re.escape(letters)
    if not stems:
        raise ValueError(f"an optional word is written in full: {word!r}")
    if letters.isascii() and len(letters) < SHORTEST_TRIGGER:
        raise ValueError(f"a stem has at least {SHORTEST_TRIGGER} letters: {word!r}")
    return f"{re.escape(letters)}[^ ]*"


def _triggers(token: str) -> frozenset[str]:
    return frozenset(word.rstrip("*")[:TRIGGER] for word in token.split("|"))


def _frequency(triggers: frozenset[str]) -> tuple[bool, int, int]:
    """Order tokens by how rarely they stand in a reply, as far as their letters tell."""
    frequent = any(word[:TRIGGER] in triggers for word in FREQUENT)
    return frequent, len(triggers), -min(len(trigger) for trigger in triggers)
