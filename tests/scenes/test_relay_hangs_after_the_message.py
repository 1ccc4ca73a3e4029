"""The relay has taken the mail, and hangs at what is said between two mails or at the end."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


@pytest.mark.parametrize("stage", ["rset", "quit"])
def test_all_are_sent_once(house: House, stage: str) -> None:
    """The mail is safe; RSET follows content that was refused, QUIT a while without mail."""
    message_id = house.send(f"scene-hang-{stage}+1s")
    message = house.wait_for(message_id, "sent")
    house.wait_for(house.send("scene-rejected"), "failed")

    house.others_flow_on()

    assert ["sent"] == house.outcomes(message_id)
    assert [1] == list(house.kept(message).values())
