"""A new session hangs before it has come to any message."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "starttls", "auth", "mail"])
def test_the_message_waits_and_is_sent_once(house: House, stage: str) -> None:
    """What hangs there says nothing of any message: never bounced, never uncertain.

    The scene's 421 defers the message, or costs it nothing on a kept connection.
    """
    message_id = house.send(f"scene-hang-{stage}+1s")

    house.others_flow_on()
    message = house.wait_for(message_id, "sent")

    outcomes = house.outcomes(message_id)
    assert "sent" == outcomes[-1]
    assert {"deferred"} >= set(outcomes[:-1])
    assert [1] == list(house.kept(message).values())
