"""The language of the rules: what it finds, and how much work it may cost."""

import importlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from pillarbox.domain.category import Category
from pillarbox.domain.classification import categorise, wording
from pillarbox.domain.classification.order import BUSY_OR_POLICY, FAINT, TELLING
from pillarbox.domain.classification.phrase import GAP, MOST_GAPS, parse_phrase
from pillarbox.domain.classification.rules.unknown_recipient import NOT_DEAD
from pillarbox.domain.classification.wording import LONGEST, read_wording
from pillarbox.domain.reply import Reply, Verb

_parser = importlib.import_module("re._parser")

RULES = (*TELLING, *BUSY_OR_POLICY, *FAINT)
SOURCES = sorted({source for rule in RULES for source in (*rule.says, *rule.unless)} | {*NOT_DEAD})
PATTERNS = [search.pattern for source in SOURCES for search in parse_phrase(source).searches]
WORDING_PATTERNS = [
    value.pattern for value in vars(wording).values() if isinstance(value, re.Pattern)
]


def _repeats(tree: Iterable[Any], depth: int = 0) -> Iterator[tuple[int, int, Any]]:
    """Walk a parsed pattern: depth of nesting, upper bound and content of every repetition."""
    for operation, value in tree:
        if str(operation) in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            _, most, content = value
            yield depth, int(most), content
            yield from _repeats(content, depth + (int(most) > 1))
        elif str(operation) == "SUBPATTERN":
            yield from _repeats(value[-1], depth)
        elif str(operation) == "BRANCH":
            for branch in value[1]:
                yield from _repeats(branch, depth)
        elif str(operation) in {"ASSERT", "ASSERT_NOT"}:
            yield from _repeats(value[1], depth)


def _ends_at_space(content: Sequence[tuple[object, object]]) -> bool:
    return [(str(operation), value) for operation, value in content] == [("NOT_LITERAL", ord(" "))]


def _written_out(source: str) -> str:
    """Write a phrase as a text that it must be found in."""
    return " ".join(
        part.split("|")[0].removesuffix("*")
        for part in source.replace(" & ", " ").split()
        if part != ".." and not part.startswith("(")
    )


def _beginnings(words: str) -> set[str]:
    return {word[:size] for word in words.split() for size in (3, 4)}


class TestLanguage:
    @pytest.mark.parametrize(
        ("phrase", "text", "expected"),
        [
            ("mailbox full", "the Mailbox FULL!", True),
            ("mailbox full", "mailbox is full", False),
            ("mailbox (is) full", "mailbox is full", True),
            ("mailbox (is) full", "mailbox full", True),
            ("mailbox .. full", "mailbox of this user is full", True),
            ("mailbox .. full", "mailbox closed. Fix it in full.", False),
            ("exceed*", "exceeding", True),
            ("exceed", "exceeding", False),
            ("mailbox|inbox full", "inbox full", True),
            ("quota & full", "full beyond quota", True),
            ("quota & full", "quota", False),
            ("邮 箱 .. 满", "对方邮箱已满", True),
            ("boite pleine", "Boîte pleine", True),
            ("doesnt exist", "doesn't exist", True),
        ],
    )
    def test_a_phrase_finds_its_words_in_order(
        self, phrase: str, text: str, *, expected: bool
    ) -> None:
        assert expected is parse_phrase(phrase).is_in(read_wording(text).words)

    @pytest.mark.parametrize(
        "phrase",
        ["", ".. full", "full ..", "a .. b .. c .. d", "Full", "f.ll", "fu*", "mail (box*) full"],
    )
    def test_a_phrase_that_breaks_the_rules_is_refused(self, phrase: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            parse_phrase(phrase)

    def test_a_phrase_is_woken_by_a_word_that_it_needs(self) -> None:
        """An index that slept through a text would be a rule that never fits."""
        asleep = [
            source
            for source in SOURCES
            if parse_phrase(source).triggers.isdisjoint(
                _beginnings(read_wording(_written_out(source)).words)
            )
        ]

        assert [] == asleep

    def test_a_rule_finds_each_of_its_phrases(self) -> None:
        """Written out with the first choice of every word, a phrase is in the text."""
        missed = [
            source
            for source in SOURCES
            if not parse_phrase(source).is_in(read_wording(_written_out(source)).words)
        ]

        assert [] == missed


class TestWork:
    def test_no_repetition_stands_within_another(self) -> None:
        """What cannot nest cannot blow up: backtracking stays within the bounds of the gaps."""
        nested = [
            pattern
            for pattern in (*PATTERNS, *WORDING_PATTERNS)
            if any(depth and most > 1 for depth, most, _ in _repeats(_parser.parse(pattern)))
        ]

        assert [] == nested

    def test_a_search_has_few_gaps_and_they_are_bounded(self) -> None:
        """Of the other repetitions, stems end at the next space and optional words stand once."""
        unbounded = [
            pattern
            for pattern in PATTERNS
            for repeats in [list(_repeats(_parser.parse(pattern)))]
            if any(most > GAP and not _ends_at_space(content) for _, most, content in repeats)
            or sum(1 < most <= GAP for _, most, _ in repeats) > MOST_GAPS
        ]

        assert [] == unbounded

    def test_a_search_through_raw_text_is_bounded_or_runs_through_one_class(self) -> None:
        """Unbounded is only a run of one class of characters, which nothing follows."""
        unbounded = [
            pattern
            for pattern in WORDING_PATTERNS
            if any(
                most > LONGEST and len(content) != 1
                for _, most, content in _repeats(_parser.parse(pattern))
            )
        ]

        assert [] == unbounded

    def test_no_more_of_a_text_is_read_than_the_longest_reason(self) -> None:
        assert read_wording("a " * LONGEST).words == read_wording("a " * 10 * LONGEST).words

    @pytest.mark.parametrize(
        "text",
        [
            "mailbox " * 10_000,
            "a" * 100_000,
            "@" * 100_000,
            "1." * 50_000,
            "[:" * 50_000,
            "http://" * 10_000,
            "<" * 50_000 + ">" * 50_000,
            "user not user not recipient does not " * 5_000,
            " ".join(source.replace("|", " ").replace("*", "") for source in SOURCES),
            "n't" * 50_000,
            "\u0301" * 50_000,
            "满" * 50_000,
            "\x00\x1b[2J\r\n" * 10_000,
            "\ud800\udfff" * 1_000,
        ],
        ids=lambda text: repr(text[:12]),
    )
    def test_a_hostile_text_is_read_to_some_end(self, text: str) -> None:
        assert categorise(Reply(550, text, Verb.RCPT)) in set(Category)
