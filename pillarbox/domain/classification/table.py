"""The ordered table: the first rule that fits a reply decides what it means."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pillarbox.domain.classification.phrase import Phrase, parse_phrase
from pillarbox.domain.classification.rule import Classification, Rule
from pillarbox.domain.reply import Verb

_LONG, _SHORT = 4, 3
"""Letters of a word by which phrases are woken: `TRIGGER`, and the shortest stems'."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One phrase of one rule, in the table's order."""

    rule: Rule
    phrase: Phrase
    unless: tuple[Phrase, ...]


class Table:
    """Rules by text, indexed by the beginnings of their words."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._lines = tuple(_lines(self.rules))
        self._woken_by: dict[str, tuple[int, ...]] = {}
        for number, line in enumerate(self._lines):
            for trigger in line.phrase.triggers:
                self._woken_by[trigger] = (*self._woken_by.get(trigger, ()), number)

    def first_fit(
        self, code: int, enhanced: str, command: Verb, words: str
    ) -> Classification | None:
        """Return what the first rule that fits concludes, or None."""
        beginnings = _beginnings(words)
        for number in sorted(self._awake(beginnings)):
            line = self._lines[number]
            if (
                line.rule.fits_codes(code, enhanced, command)
                and line.phrase.is_in(words)
                and not any(
                    not beginnings.isdisjoint(phrase.triggers) and phrase.is_in(words)
                    for phrase in line.unless
                )
            ):
                return Classification(line.rule.category, line.rule.name)
        return None

    def _awake(self, beginnings: Iterable[str]) -> set[int]:
        awake: set[int] = set()
        for beginning in beginnings:
            awake.update(self._woken_by.get(beginning, ()))
        return awake


def _lines(rules: Iterable[Rule]) -> Iterator[_Line]:
    for rule in rules:
        unless = tuple(parse_phrase(source) for source in rule.unless)
        for source in rule.says:
            yield _Line(rule, parse_phrase(source), unless)


def _beginnings(words: str) -> set[str]:
    found = words.split()
    return {word[:_LONG] for word in found} | {word[:_SHORT] for word in found}
