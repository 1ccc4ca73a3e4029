"""A mailbox is full: 552, which beside other recipients may mean too many of them."""

import pytest

from tests.scenes.relay_house import House, by_local_part

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def test_alone_it_bounces_at_once(house: House) -> None:
    """552 to the only recipient can mean nothing else."""
    message = house.wait_for(house.send("scene-full"), "failed")

    [recipient] = message["recipients"]
    assert ("bounced", "mailbox_full", 552) == (
        recipient["status"],
        recipient["category"],
        recipient["reply"]["code"],
    )
    assert {} == house.kept(message)


def test_beside_others_it_ends_as_bounced_and_they_have_their_mail_once(house: House) -> None:
    """Whether or not it is tried alone first (RFC 5321 4.5.3.1.10)."""
    message = house.wait_for(house.send("ada", "scene-full"), "partial")

    recipients = by_local_part(message)
    assert ("bounced", "mailbox_full") == (
        recipients["full"]["status"],
        recipients["full"]["category"],
    )
    assert "sent" == recipients["ada"]["status"]
    assert {"ada": 1} == house.kept(message)
