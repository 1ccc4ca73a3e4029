"""The relay has all of the mail, and says nothing."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


@pytest.mark.parametrize(("scene", "copies"), [("hang-end", 1), ("hang-end-kept", 2)])
def test_it_is_uncertain_and_then_sent(house: House, scene: str, copies: int) -> None:
    """Others are not kept waiting; the second copy has the same Message-ID."""
    message_id = house.send(f"scene-{scene}+2s+once")

    house.others_flow_on()
    message = house.wait_for(message_id, "sent")

    assert ["uncertain", "sent"] == house.outcomes(message_id)
    assert [copies] == list(house.kept(message).values())
