"""The relay takes the recipients and refuses the message."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def test_all_recipients_bounce_by_the_last_word(house: House) -> None:
    """554 at the end of data is for all who were taken (RFC 5321 4.2.5)."""
    message_id = house.send("ada", "scene-rejected")

    message = house.wait_for(message_id, "failed")

    assert {("bounced", "spam_blocked", 554, "END-OF-DATA")} == {
        (each["status"], each["category"], each["reply"]["code"], each["reply"]["command"])
        for each in message["recipients"]
    }
    assert {} == house.kept(message)
    assert 1 == len(house.outcomes(message_id))
