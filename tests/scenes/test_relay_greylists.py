"""The relay knows nobody at first."""

import pytest

from tests.scenes.relay_house import House, by_local_part

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def test_who_was_greylisted_is_sent_to_later_and_the_others_are_not_sent_to_again(
    house: House,
) -> None:
    """Each recipient retries on its own."""
    message_id = house.send("ada", "scene-greylisted")

    message = house.wait_for(message_id, "sent")

    assert [250, 450, 250] == house.replies(message_id, "RCPT")
    assert {"ada": 1, "scene-greylisted": 1} == house.kept(message)
    attempts = {name: each["attempts"] for name, each in by_local_part(message).items()}
    assert {"ada": 1, "greylisted": 2} == attempts
