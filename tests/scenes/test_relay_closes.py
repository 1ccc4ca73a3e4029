"""The relay says 421 in the middle of a transaction, and goes."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


@pytest.mark.parametrize("scene", ["closing", "closing-content"])
def test_the_message_is_sent_later_and_once(house: House, scene: str) -> None:
    """RFC 5321 3.8: nothing was taken, so that nobody need be uncertain."""
    message_id = house.send(f"scene-{scene}+once")

    message = house.wait_for(message_id, "sent")

    assert ["deferred", "sent"] == house.outcomes(message_id)
    assert [1] == list(house.kept(message).values())


def test_others_flow_on_beside_a_relay_that_closes_each_time(house: House) -> None:
    """It costs its own connection, each time, and nothing more."""
    message_id = house.send("scene-closing")

    house.wait_for(message_id, "deferred")
    house.others_flow_on()

    assert {} == house.kept(house.installation.message(message_id))
