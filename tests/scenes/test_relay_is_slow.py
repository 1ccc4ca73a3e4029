"""Each reply comes late, and comes."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def test_slow_is_no_failure(house: House) -> None:
    """One attempt, and the others do not wait behind it."""
    message_id = house.send("scene-slow+2s")
    house.wait_for(message_id, "sending")

    house.others_flow_on()
    message = house.wait_for(message_id, "sent")

    assert ["sent"] == house.outcomes(message_id)
    assert [1] == list(house.kept(message).values())
