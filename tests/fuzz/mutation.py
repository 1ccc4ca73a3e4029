"""Inputs near those of a corpus, drawn at random, where no search is guided by coverage."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.fuzz.conversation import SEPARATOR


def read_corpus(folder: Path) -> list[bytes]:
    """Read every input of a folder, in the order of their names."""
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def mutate(source: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Change a few octets, cut something out, or put a piece of another input in."""
    changed = bytearray(data)
    for _ in range(source.randint(1, 6)):
        place = source.randint(0, len(changed))
        match source.randint(0, 3):
            case 0:
                changed[place : place + 1] = bytes([source.randint(0, 255)])
            case 1:
                del changed[place : place + source.randint(1, 12)]
            case 2:
                other = source.choice(others)
                start = source.randint(0, len(other))
                changed[place:place] = other[start : start + source.randint(1, 60)]
            case _:
                changed[place:place] = source.choice([b"\r\n", b"-", SEPARATOR, b"421 x\r\n"])
    return bytes(changed)


def draw(
    one_input: Callable[[bytes], None],
    corpus: Sequence[bytes],
    goes_on: Callable[[int], bool],
    found: Callable[[bytes], None],
    seed: int = 1,
) -> int:
    """Try the corpus and then mutations of it while `goes_on` says so; return how many.

    `goes_on` is asked with the number of those tried. An input that raises is given
    to `found` first.
    """
    source = random.Random(seed)  # noqa: S311 -- reproducible, and no secret
    tried = 0
    while tried < len(corpus) or goes_on(tried):
        whole = tried < len(corpus)
        data = corpus[tried] if whole else mutate(source, source.choice(corpus), corpus)
        try:
            one_input(data)
        except BaseException:
            found(data)
            raise
        tried += 1
    return tried
