"""The connection breaks before any data was handed over."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


@pytest.mark.parametrize("scene", ["drop-rcpt", "drop-data"])
def test_the_message_is_sent_later_and_once(house: House, scene: str) -> None:
    """Deferred, or not even that: the first try cost it nothing."""
    message_id = house.send(f"scene-{scene}+once")

    message = house.wait_for(message_id, "sent")

    assert ["deferred", "sent"] == house.outcomes(message_id)
    assert [1] == list(house.kept(message).values())


def test_again_and_again_it_stays_deferred_and_others_flow_on(house: House) -> None:
    """No data, no doubt."""
    message_id = house.send("scene-drop-rcpt")

    outcomes = house.wait_for_outcomes(message_id, 2)
    house.others_flow_on()

    assert {"deferred"} == set(outcomes)
    assert {} == house.kept(house.installation.message(message_id))
