"""The steps of an attempt, as they are kept."""

import json

import pytest

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import Step
from pillarbox.domain.reply import Reply, Verb
from pillarbox.store.steps import read_steps, write_steps

ADA = Address("ada", "example.com", "Ada@Example.com")
OK = Reply(250, "Ok", Verb.MAIL, "2.1.0")

STEPS = {
    "a reply": Step(Verb.MAIL, OK, 0.25),
    "no reply": Step(Verb.QUIT, None, 1.0),
    "a recipient": Step(Verb.RCPT, Reply(250, "Ok", Verb.RCPT), 0.5, ADA),
    "a recipient without a reply": Step(Verb.RCPT, None, 0.5, ADA),
    "another command's reply": Step(Verb.END_OF_DATA, OK, 7.0),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_step_is_read_as_it_was_written(step: Step) -> None:
    assert (step,) == read_steps(write_steps([step]))
    assert repr(step) == repr(read_steps(write_steps([step]))[0])


def test_what_is_empty_takes_no_room() -> None:
    """Every attempt that was ever made is kept."""
    assert '[["MAIL",0.25,[250,"2.1.0","Ok"]],["QUIT",1.0]]' == write_steps(
        [STEPS["a reply"], STEPS["no reply"]]
    )


def test_attempts_written_before_this_form_are_read() -> None:
    """A store keeps what an earlier version wrote."""
    named = [
        {
            "command": "RCPT",
            "milliseconds": 0.5,
            "recipient": {"local": "ada", "domain": "example.com", "given": "Ada@Example.com"},
            "reply": {"code": 250, "text": "Ok", "command": "RCPT", "enhanced": None},
        },
        {"command": "QUIT", "milliseconds": 1.0},
    ]

    assert (STEPS["a recipient"], STEPS["no reply"]) == read_steps(json.dumps(named))
