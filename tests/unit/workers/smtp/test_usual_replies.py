"""Replies that come for every message are read once, and mean what they would mean alone."""

import pytest

from workers.smtp.pipeline import SINGLE, envelope_shape
from workers.smtp.state import State
from workers.smtp.usual_replies import usual_replies

ENVELOPE = envelope_shape(1, "DATA", False)
TAKEN = (b"250 2.1.0 Ok\r", b"250 2.1.5 Ok\r", b"354 go\r")


def test_an_envelope_that_is_taken_leads_to_its_data() -> None:
    usual = usual_replies("ready", ENVELOPE, *TAKEN)

    assert usual is not None
    state, replies, consented = usual
    assert (State.DATA, [250, 250, 354], True) == (
        state,
        [each.code for each in replies],
        consented,
    )


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_refusal_is_no_consent(place: int) -> None:
    """Whose it is, is entered one by one."""
    lines = [*TAKEN]
    lines[place] = b"550 5.7.1 no\r"
    if place == 0:
        lines[1:] = [b"503 no\r", b"503 no\r"]

    usual = usual_replies("ready", ENVELOPE, *lines)

    assert usual is not None
    assert not usual[2]


def test_mail_alone_has_taken_nobody() -> None:
    """A message of which only MAIL was taken may still be offered elsewhere at no cost."""
    usual = usual_replies("ready", SINGLE["MAIL"], TAKEN[0])

    assert usual is not None
    assert not usual[2]


@pytest.mark.parametrize(
    "line", [b"421 4.3.2 bye\r", b"250-more\r", b"250", b"250 \xff\r", b"354 go\r", b"no\r"]
)
def test_what_something_follows_from_is_not_usual(line: bytes) -> None:
    """It is read for itself, and followed."""
    assert usual_replies("ready", ENVELOPE, line, *TAKEN[1:]) is None
