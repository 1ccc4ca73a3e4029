"""The relay stops reading in the middle of the content."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


LARGE = ("x" * 70 + "\n") * 280_000
"""More than the system's buffers on both sides take in."""


def test_nothing_is_lost_and_nothing_is_doubled(house: House) -> None:
    """A large message is stuck in its middle, and sent whole later."""
    message_id = house.send("scene-hang-content+2s+once", text=LARGE)

    house.others_flow_on()
    message = house.wait_for(message_id, "sent")

    assert ["deferred", "sent"] == house.outcomes(message_id)
    assert [1] == list(house.kept(message).values())
