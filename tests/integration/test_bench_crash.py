"""The measurement of what a killed worker leaves uncertain."""

from bench.crash.killing import kills


def test_what_is_uncertain_is_a_group_a_connection_and_only_that_is_sent_twice() -> None:
    """A journal could know of what the relay answered: of no more than is uncertain."""
    (kill,) = kills(database="sqlite", pause=0.01, count=1, messages=300)

    assert 0 < kill.uncertain < 300
    assert kill.answered <= kill.uncertain
    assert kill.answered <= kill.duplicates <= kill.uncertain
