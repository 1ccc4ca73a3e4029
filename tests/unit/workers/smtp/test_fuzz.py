"""The fuzz target's own corpus, so that what was once found is found again at once."""

import random

import pytest

from tests.fuzz.fuzz_smtp import CORPUS, mutate, one_input
from tests.laws.registry import law


@law("no-smtp")
@pytest.mark.parametrize("name", sorted(path.name for path in CORPUS.iterdir()))
def test_the_corpus_ends_in_true_outcomes(name: str) -> None:
    """Whatever a relay says, every message has its verdicts, and none is made up."""
    one_input((CORPUS / name).read_bytes())


def test_some_mutations_do_too() -> None:
    """The same few on every run; the long search is `python -m tests.fuzz.fuzz_smtp`."""
    source = random.Random(7)  # noqa: S311 -- reproducible, and no secret
    inputs = [path.read_bytes() for path in sorted(CORPUS.iterdir())]

    for _ in range(500):
        one_input(mutate(source, source.choice(inputs), inputs))
