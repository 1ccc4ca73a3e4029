"""Of a pipelined group only some commands are answered; then the connection is gone."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


@pytest.mark.parametrize("scene", ["partial", "torn"])
def test_what_was_answered_counts_for_nothing(house: House, scene: str) -> None:
    """A 250 to RCPT without the data's own is no mail; a half of a reply is none."""
    message_id = house.send("ada", f"scene-{scene}+once")

    message = house.wait_for(message_id, "sent")

    assert [1, 1] == list(house.kept(message).values())
    assert ["deferred", "sent"] == house.outcomes(message_id)


def test_a_connection_that_went_before_the_data_leaves_no_doubt(house: House) -> None:
    """Deferred by a finding of ours, and by no reply."""
    message_id = house.send("scene-torn")

    [recipient] = house.wait_for(message_id, "deferred")["recipients"]

    assert "connection_lost" == recipient["reason"]["code"]
    assert recipient["reply"] is None
    house.others_flow_on()
