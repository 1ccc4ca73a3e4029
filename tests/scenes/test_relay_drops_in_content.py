"""The connection breaks in the middle of the content, before the dot."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


LARGE = ("x" * 70 + "\n") * 280_000
"""More than the system's buffers on both sides take in."""


def test_a_message_that_was_still_being_written_is_deferred(house: House) -> None:
    """Its terminator was never handed over: nobody can have it (RFC 5321 4.1.1.4)."""
    message_id = house.send("scene-drop-content+once", text=LARGE)

    message = house.wait_for(message_id, "sent")

    assert ["deferred", "sent"] == house.outcomes(message_id)
    assert [1] == list(house.kept(message).values())


def test_a_message_that_went_in_one_write_is_honestly_uncertain(house: House) -> None:
    """All of it was handed over; whether it was read nobody can say."""
    message_id = house.send("scene-drop-content+once")

    message = house.wait_for(message_id, "sent")

    assert 2 == len(house.outcomes(message_id))
    house.balance(message)
    house.others_flow_on()
