"""The relay says 451, and will never say anything else."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def test_it_is_tried_again_and_again_and_nothing_else_waits_for_it(house: House) -> None:
    """Deferred, with a next attempt, as long as the message lives."""
    message_id = house.send("scene-deferred")

    assert {"deferred"} == set(house.wait_for_outcomes(message_id, 3))
    house.others_flow_on()

    message = house.wait_for(message_id, "deferred")
    [recipient] = message["recipients"]
    assert ("server_busy", 451) == (recipient["category"], recipient["reply"]["code"])
    assert recipient["next_attempt_at"] is not None
    assert {} == house.kept(message)
