"""One recipient of several does not exist."""

import pytest

from tests.scenes.relay_house import House, by_local_part

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def test_it_alone_bounces_and_the_others_have_their_mail_once(house: House) -> None:
    """550 at RCPT is that recipient's own (RFC 5321 3.3)."""
    message_id = house.send("ada", "scene-unknown", "eve")

    message = house.wait_for(message_id, "partial")

    recipients = by_local_part(message)
    bounced = recipients["unknown"]
    assert ("bounced", "invalid_recipient") == (bounced["status"], bounced["category"])
    assert (550, "5.1.1", "RCPT") == tuple(
        bounced["reply"][name] for name in ("code", "enhanced", "command")
    )
    assert "sent" == recipients["ada"]["status"] == recipients["eve"]["status"]
    assert {"ada": 1, "eve": 1} == house.kept(message)
    assert 1 == len(house.outcomes(message_id))
