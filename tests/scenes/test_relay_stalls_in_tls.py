"""The relay agrees to TLS, and never shakes hands."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def test_no_message_is_blamed_and_all_are_sent(house: House) -> None:
    """The handshake is the relay's; its session is given up and the next one serves."""
    message_id = house.send("scene-hang-tls+1s")

    house.others_flow_on()
    message = house.wait_for(message_id, "sent")

    outcomes = house.outcomes(message_id)
    assert "sent" == outcomes[-1]
    assert {"deferred"} >= set(outcomes[:-1])  # none, if its 421 came on a kept connection
    assert [1] == list(house.kept(message).values())
