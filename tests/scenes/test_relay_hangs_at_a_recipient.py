"""The relay hangs at RCPT, or at DATA."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def test_others_are_sent_meanwhile(house: House) -> None:
    """One connection hangs; the others carry on."""
    message_id = house.send("scene-hang-rcpt+10s+once")
    house.wait_for(message_id, "sending")

    house.others_flow_on()

    assert "sending" == house.installation.message(message_id)["status"]
    house.wait_for(message_id, "sent")


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_it_is_sent_in_the_end_and_once(house: House, stage: str) -> None:
    """Nothing was handed over: there is no doubt."""
    message_id = house.send(f"scene-hang-{stage}+1s+once")

    message = house.wait_for(message_id, "sent")

    assert ["deferred", "sent"] == house.outcomes(message_id)
    assert [1] == list(house.kept(message).values())
