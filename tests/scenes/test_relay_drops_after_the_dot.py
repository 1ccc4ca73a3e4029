"""The connection breaks between the end of data and its reply (RFC 1047)."""

import pytest

from tests.scenes.relay_house import House

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


@pytest.mark.parametrize(("scene", "copies"), [("drop-end", 1), ("drop-end-kept", 2)])
def test_it_is_uncertain_and_then_sent_with_the_same_message_id(
    house: House, scene: str, copies: int
) -> None:
    """Whether the relay had kept it cannot be told from here: the copy is the price."""
    message_id = house.send(f"scene-{scene}+once")

    message = house.wait_for(message_id, "sent")

    assert ["uncertain", "sent"] == house.outcomes(message_id)
    assert [copies] == list(house.kept(message).values())


@pytest.mark.parametrize(("scene", "copies"), [("drop-end", 0), ("drop-end-kept", 4)])
def test_after_three_more_attempts_it_stays_uncertain(
    house: House, scene: str, copies: int
) -> None:
    """Not bounced, not expired and not sent: each would be a claim."""
    message_id = house.send(f"scene-{scene}")

    assert ["uncertain"] * 4 == house.wait_for_outcomes(message_id, 4)

    message = house.wait_for(message_id, "uncertain")
    [recipient] = message["recipients"]
    assert ("reply_lost", None, None) == (
        recipient["reason"]["code"],
        recipient["reply"],
        recipient["next_attempt_at"],
    )
    assert copies == sum(house.kept(message).values())
    house.others_flow_on()
