"""The small language in which the rules say what words of a reply they look for.

1. A phrase is words in order: `mailbox full` finds the two side by side.
2. `a|b` is one word or the other; `exceed*` any word that begins so.
3. `(the)` may stand there or not; `..` is a gap of at most `GAP` characters.
4. No gap reaches beyond the end of a sentence; `p & q` finds both, anywhere.
5. Phrases are matched against `Wording.words`, where words are separated by one
   space. A phrase becomes a search that has no nested quantifier and at most
   `MOST_GAPS` bounded gaps, so its work is bounded by the length of the text.
"""

import re
from dataclasses import dataclass

from pillarbox.domain.classification.wording import without_accents

GAP = 36
"""Characters: about six words, as far as two halves of one statement stand apart."""

MOST_GAPS = 2
"""A third gap multiplies the work of a search by `GAP` once more."""

SHORTEST_TRIGGER = 3
"""Letters: a shorter stem would wake its phrase for every other text."""

TRIGGER = 4
"""Letters of a word by which phrases are looked up."""

FREQUENT = frozenset(
    {
        "a",
        "account",
        "address",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "by",
        "client",
        "domain",
        "email",
        "for",
        "from",
        "has",
        "have",
        "host",
        "in",
        "ip",
        "is",
        "it",
        "mail",
        "mailbox",
        "message",
        "messages",
        "no",
        "not",
        "of",
        "on",
        "our",
        "recipient",
        "sender",
        "send",
        "sending",
        "server",
        "service",
        "that",
        "the",
        "this",
        "to",
        "user",
        "was",
        "you",
        "your",
    }
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
    folded = without_accents(source)
    sequences = [sequence.split() for sequence in folded.split(" & ")]
    return Phrase(
        source=source,
        searches=tuple(re.compile(_pattern(parts, source)) for parts in sequences),
        triggers=min(
            (_triggers(part) for parts in sequences for part in parts if _is_needed(part)),
            key=_frequency,
        ),
    )


def _is_needed(part: str) -> bool:
    return part != ".." and not part.startswith("(")


def _pattern(parts: list[str], source: str) -> str:
    """Write one sequence as a pattern in which every word stands between spaces."""
    if not parts or not (_is_needed(parts[0]) and _is_needed(parts[-1])):
        raise ValueError(f"a phrase begins and ends with a word: {source!r}")
    if parts.count("..") > MOST_GAPS:
        raise ValueError(f"a phrase has at most {MOST_GAPS} gaps: {source!r}")
    return "".join(_part_pattern(part) for part in parts)


def _part_pattern(part: str) -> str:
    if part == "..":
        return f"[^.;!?]{{0,{GAP}}}?"
    if part.startswith("("):
        return f"(?: {_choice(part[1:-1], stems=False)}(?= ))?"
    return f" {_choice(part, stems=True)}(?= )"


def _choice(part: str, *, stems: bool) -> str:
    words = [_word_pattern(word, stems=stems) for word in part.split("|")]
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


def _triggers(part: str) -> frozenset[str]:
    return frozenset(word.rstrip("*")[:TRIGGER] for word in part.split("|"))


def _frequency(triggers: frozenset[str]) -> tuple[bool, int, int]:
    """Order parts by how rarely they stand in a reply, as far as their letters tell."""
    frequent = any(word[:TRIGGER] in triggers for word in FREQUENT)
    return frequent, len(triggers), -min(len(trigger) for trigger in triggers)
