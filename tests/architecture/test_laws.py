"""Every law of the SMTP side has a guard in the code, and a test that misses it."""

from tests.laws.marks import marked_tests
from tests.laws.registry import CHAPTERS, LAWS


def test_every_law_is_held_by_a_test() -> None:
    """A promise without a test is a hope; `make guards` sees that it fails without the guard."""
    assert [] == [name for name, tests in marked_tests().items() if not tests]


def test_every_guard_is_where_its_law_says() -> None:
    """Code that moves takes its guard along: say in `tests/laws` where it is now, and prove it."""
    gone = [
        f"{law.name}: {each.file} has no longer once: {each.code}"
        for law in LAWS.values()
        for guard in law.guards
        for each in guard.all
        if not each.is_there()
    ]

    assert [] == gone


def test_every_law_has_a_guard_a_source_and_one_place() -> None:
    """A name stands for one law."""
    names = [law.name for laws in CHAPTERS.values() for law in laws]

    assert sorted(set(names)) == sorted(names)
    assert [] == [law.name for law in LAWS.values() if not (law.guards and law.source)]
