"""The caller's word on when, whether and once more, before a relay and with real processes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.scenes.relay_house import PATIENCE, House
from tests.servers.installation import Document
from tests.waiting import wait_until

pytestmark = pytest.mark.keeps_open("the installation lives as long as the session")


def from_now(seconds: float) -> str:
    """Write a time that many seconds ahead."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def act(house: House, message_id: str, action: str, body: Document | None = None) -> Document:
    """Cancel or retry; the message as it is answered."""
    answer = house.installation.post(body, f"/v1/messages/{message_id}/{action}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_message_is_sent_when_its_time_has_come(house: House) -> None:
    """A sweep finds it; nobody has kept a timer."""
    message_id = house.send("ada", send_at=from_now(2))

    assert "scheduled" == house.installation.message(message_id)["status"]
    message = house.wait_for(message_id, "sent")
    assert message["recipients"][0]["last_attempt_at"] >= message["send_at"]
    assert [1] == list(house.kept(message).values())


def test_what_is_cancelled_never_arrives(house: House) -> None:
    message_id = house.send("ada", "bob", send_at=from_now(3600))

    message = act(house, message_id, "cancel")

    assert "cancelled" == message["status"]
    assert 409 == house.installation.post(None, f"/v1/messages/{message_id}/cancel").status_code
    house.others_flow_on()
    assert {} == house.kept(message)
    assert [] == house.outcomes(message_id)


def test_what_is_held_waits_for_its_caller(house: House) -> None:
    """`hold`: one attempt, and the next one when the caller says so."""
    message_id = house.send("scene-drop-end+once", on_uncertain="hold")
    message = house.wait_for(message_id, "uncertain")
    assert message["recipients"][0]["next_attempt_at"] is None
    assert ["uncertain"] == house.outcomes(message_id)

    assert "deferred" == act(house, message_id, "retry")["status"]

    house.wait_for(message_id, "sent")
    assert ["uncertain", "sent"] == house.outcomes(message_id)


def test_who_bounced_is_tried_again_if_named(house: House) -> None:
    """The relay says the same again, and both attempts are there to be read."""
    message_id = house.send("scene-unknown")
    message = house.wait_for(message_id, "failed")

    again = act(house, message_id, "retry", {"recipients": [message["recipients"][0]["email"]]})

    assert again["status"] in {"queued", "sending", "failed"}
    assert ["bounced", "bounced"] == house.wait_for_outcomes(message_id, 2)
    house.wait_for(message_id, "failed")


def test_a_person_decides_on_the_command_line(house: House) -> None:
    """`pillarbox send --send-at`, `cancel`, `retry`; then it goes at once, in its lane."""
    command = house.installation.command
    letter = ("--from", "billing@acme.test", "--to", "ada@example.com", "--text", "Thank you.")
    said = command("send", *letter, "--send-at", from_now(3600), "--priority", "high", "--json")
    message_id = json.loads(said)["id"]

    assert "cancelled" == json.loads(command("cancel", message_id, "--json"))["status"]
    again = json.loads(command("retry", message_id, "ada@example.com", "--json"))

    assert ("high", message_id) == (again["priority"], again["id"])
    assert [1] == list(house.kept(house.wait_for(message_id, "sent")).values())


def test_a_batch_arrives_whole_and_is_listed(house: House) -> None:
    """One request, one transaction, and each message by itself from there on."""
    text = {"from": "billing@acme.test", "subject": "Receipt", "text": "Thank you."}
    messages: list[Document] = [{"to": f"b{number}@batch.example"} for number in range(250)]
    messages[7] = {"to": "nonsense"}

    answer = house.installation.post(
        {"defaults": text, "messages": messages}, "/v1/messages/batch"
    ).json()

    assert (249, 1) == (answer["accepted"], answer["rejected"])
    assert "#/messages/7/to" == answer["results"][7]["error"]["errors"][0]["pointer"]
    path = f"/v1/messages?limit=500&batch={answer['batch_id']}"

    def listed() -> list[str]:
        return [each["status"] for each in house.installation.get(path).json()["data"]]

    wait_until(lambda: ["sent"] * 249 == listed(), PATIENCE, "all are sent")
    cancelling = f"/v1/batches/{answer['batch_id']}/cancel"
    assert 409 == house.installation.post(None, cancelling).status_code
