"""The whole product with four real servers: a POST becomes a mail, a wrong password no bounce."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.interop import OFFERS, Relay
from tests.servers.installation import Installation
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

pytestmark = pytest.mark.keeps_open("the installation lives as long as the module")

ENTRY = """\
[[relay]]
name = "{name}"
url = "smtp+starttls://{user}:{password}@{relay.host}:{relay.port}"
ca_file = "{relay.ca_file}"
"""


@pytest.fixture(scope="module")
def relays(request: pytest.FixtureRequest) -> dict[str, Relay]:
    """Start all four."""
    return {name: request.getfixturevalue(f"{name}_relay") for name in OFFERS}


@pytest.fixture(scope="module")
def installation(
    relays: dict[str, Relay], tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer
) -> Iterator[Installation]:
    """Run one that knows each of them twice: with the password, and with a wrong one."""
    folder: Path = tmp_path_factory.mktemp("interop")
    entries = [
        ENTRY.format(name=name + suffix, user=quote(relay.user), password=word, relay=relay)
        for name, relay in relays.items()
        for suffix, word in (("", quote(relay.password)), ("-locked", "wrong"))
    ]
    file = folder / "relays.toml"
    file.write_text("".join(entries), encoding="utf-8")
    with Installation(
        folder, relay_url=None, RELAYS_FILE=file, REDIS_URL=redis_server.database()
    ) as running:
        yield running


@pytest.mark.parametrize("name", OFFERS)
def test_a_post_becomes_a_mail_and_each_recipient_has_its_own_reply(
    installation: Installation, relays: dict[str, Relay], name: str
) -> None:
    """Taken, refused and deferred in one transaction; what arrives is what `/source` shows."""
    message_id = installation.send(
        relay=name,
        to=[f"taken@{name}.whole.test", f"unknown@{name}.whole.test"],
        cc=f"greylisted@{name}.whole.test",
        text="naïve\n.\n..dots\n" + "long " * 400,
    )

    message = installation.wait_for(message_id, "deferred", "partial")

    by_local = {each["email"].partition("@")[0]: each for each in message["recipients"]}
    offer = OFFERS[name]
    assert [("sent", 250), ("bounced", offer.unknown), ("deferred", offer.greylisted)] == [
        (by_local[local]["status"], by_local[local]["reply"]["code"])
        for local in ("taken", "unknown", "greylisted")
    ]
    [mail] = wait_until(lambda: relays[name].mails(to=f"taken@{name}.whole.test"))
    assert installation.get(f"/v1/messages/{message_id}/source").content == mail.submitted
    attempt = installation.get(f"/v1/messages/{message_id}/attempts").json()["data"][0]
    assert attempt["tls"]["version"] in {"TLSv1.2", "TLSv1.3"}
    commands = [step["command"] for step in attempt["steps"]]
    envelope = ["MAIL", "RCPT", "RCPT", "RCPT"]
    ending = ["END-OF-DATA"] if "CHUNKING" in offer else ["DATA", "END-OF-DATA"]
    assert [*envelope, *ending] == [step for step in commands if step != "RSET"]


@pytest.mark.parametrize("name", OFFERS)
def test_many_posts_to_one_relay_arrive_each_once(
    installation: Installation, relays: dict[str, Relay], name: str
) -> None:
    """Batches over kept connections, as they come."""
    domain = f"{name}.many.test"
    ids = [installation.send(relay=name, to=f"m{n}@{domain}") for n in range(30)]

    assert {"sent"} == {installation.wait_for(each)["status"] for each in ids}

    def to() -> list[str]:
        found = [to for mail in relays[name].mails() for to in mail.recipients]
        return sorted(to for to in found if to.endswith("@" + domain))

    wanted = sorted(f"m{n}@{domain}" for n in range(30))
    wait_until(lambda: len(to()) >= len(wanted), 20, "all mails")
    assert wanted == to()


@pytest.mark.parametrize("name", OFFERS)
def test_a_wrong_password_parks_the_relay_and_bounces_nothing(
    installation: Installation, relays: dict[str, Relay], name: str
) -> None:
    """535 is our fault: the message waits, no attempt is counted, and the list says why."""
    locked = f"{name}-locked"
    message_id = installation.send(relay=locked, to=f"waits@{name}.locked.test")

    def shown() -> dict[str, Any]:
        listed = installation.get("/v1/relays").json()["data"]
        return next(each for each in listed if each["name"] == locked)

    wait_until(lambda: shown()["state"] == "parked", 20, "the relay is parked")

    message = installation.message(message_id)
    assert ("queued", 0) == (message["status"], message["recipients"][0]["attempts"])
    assert shown()["last_error"]["reason"].startswith("auth:")
    assert [] == relays[name].mails(to=f"waits@{name}.locked.test")
