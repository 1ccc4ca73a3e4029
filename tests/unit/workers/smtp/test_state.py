"""The tables of the session's states agree with each other."""

from tests.laws.registry import law
from workers.smtp.state import ASKING, HEARING, NEEDS_RESET, Answer, State


def test_every_command_that_may_be_asked_has_an_answer_that_leads_on() -> None:
    """What one table allows, the other can follow."""
    followed = {(state, verb) for state, verb, _ in HEARING}

    assert set() == {(state, verb) for state, verb in ASKING if (state, verb) not in followed}


def test_every_command_can_be_refused() -> None:
    """A server may say no to anything (RFC 5321 4.2.1)."""
    refused = {(state, verb) for state, verb, answer in HEARING if answer is Answer.NO}

    assert set(ASKING) == set(ASKING) & refused


@law("clean-before-the-next")
def test_rset_is_allowed_wherever_it_is_needed() -> None:
    """No state is a dead end."""
    allowed = {state for state, verb in ASKING if verb == "RSET"}

    assert NEEDS_RESET <= allowed


def test_every_state_can_be_reached() -> None:
    """An unreachable state is a mistake in a table."""
    assert set(State) == {State.UNGREETED, *HEARING.values()}
