"""`POST /v1/messages/{id}/cancel` and `…/retry`: what they take, and what they answer."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from pillarbox.domain.address import Address
from pillarbox.domain.attempt import RecipientState
from pillarbox.domain.ids import KeyId
from pillarbox.domain.key import Scope
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Route
from pillarbox.domain.status import RecipientStatus
from pillarbox.flows.ports.revision import StoredMessage, StoredRecipient
from tests.fakes.services import NOW, World, batch_id, message_id
from tests.unit.service.caller import Caller, faults, slug
from tests.unit.service.published import CheckedClient
from tests.unit.service.views import STATE, make_view

MINE = KeyId("key_everyday")
ID = message_id(1)
CANCEL, RETRY = (f"/v1/messages/{ID}/{action}" for action in ("cancel", "retry"))
DEFERRED = replace(STATE, status=RecipientStatus.DEFERRED)
BOUNCED = replace(STATE, status=RecipientStatus.BOUNCED, position=1, next_attempt_at=None)
SENT = replace(BOUNCED, status=RecipientStatus.SENT, position=2)


def stored(*states: RecipientState) -> StoredMessage:
    """Make a message to r0@example.com, r1@example.com and so on."""
    return StoredMessage(
        id=ID,
        key_id=MINE,
        priority=Lane.NORMAL,
        relay=None,
        tags=(),
        envelope_sender=Address("billing", "acme.test"),
        expires_at=NOW + timedelta(hours=1),
        has_content=True,
        now=NOW,
        recipients=tuple(
            StoredRecipient(
                Address(f"r{place}", "example.com"), state, held=False, travels=place == 0
            )
            for place, state in enumerate(states)
        ),
    )


@pytest.fixture
def world() -> World:
    world = World()
    world.reader.views = [make_view(ID, MINE, DEFERRED, BOUNCED, SENT)]
    world.revision.stored = [stored(DEFERRED, BOUNCED, SENT)]
    world.revision.due = (Route("default", Lane.NORMAL),)
    return world


@pytest.mark.parametrize("path", [CANCEL, RETRY])
@pytest.mark.parametrize("body", [None, b"", b" "])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "a/b; c", ""])
def test_an_empty_body_of_any_content_type_will_do(
    caller: Caller, path: str, kind: str, body: bytes | None
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    response = caller.request("POST", path, body=body, headers=headers)

    assert (200, ID) == (response.status_code, response.get_json()["id"])


@pytest.mark.parametrize("body", [b"{}", b" { }\n", b"{\n}"])
def test_an_object_that_says_nothing_will_do_as_well(caller: Caller, body: bytes) -> None:
    """White space in JSON means nothing (RFC 8259 2)."""
    assert 200 == caller.post(body, path=CANCEL).status_code


def test_cancelling_answers_with_the_message(caller: Caller, world: World) -> None:
    response = caller.post(b"{}", path=CANCEL)

    assert 200 == response.status_code
    assert 3 == len(response.get_json()["recipients"])
    [(_, revision)] = world.revision.decided
    assert [(0, RecipientStatus.CANCELLED)] == [
        (each.position, each.status) for each in revision.states
    ]
    assert [("cancelled", ID, 1)] == world.revision_observer.noted
    assert [] == world.waker.woken


def test_retrying_wakes_a_worker(caller: Caller, world: World) -> None:
    """Without a list: whoever is deferred or held."""
    assert 200 == caller.post(b"", path=RETRY).status_code

    [(_, revision)] = world.revision.decided
    assert [0] == [each.position for each in revision.states]
    assert [("retried", ID, 1)] == world.revision_observer.noted
    assert [Route("default", Lane.NORMAL)] == world.waker.woken


@pytest.mark.parametrize(
    "named", [["r1@Example.COM"], "r1@example.com", [{"email": "r1@example.com"}]]
)
def test_who_is_named_may_have_ended(caller: Caller, world: World, named: object) -> None:
    assert 200 == caller.post(orjson.dumps({"recipients": named}), path=RETRY).status_code

    [(_, revision)] = world.revision.decided
    assert [(1, RecipientStatus.QUEUED)] == [
        (each.position, each.status) for each in revision.states
    ]
    assert [(1,)] == [each.positions for each in revision.departures]


@pytest.mark.parametrize("body", [b"{}", b'{"recipients": []}', b'{"recipients": null}'])
def test_an_empty_list_names_nobody(caller: Caller, world: World, body: bytes) -> None:
    assert 200 == caller.post(body, path=RETRY).status_code
    assert [0] == [each.position for each in world.revision.decided[0][1].states]


def test_nothing_to_do_is_409(caller: Caller, world: World) -> None:
    world.revision.stored = [stored(replace(BOUNCED, position=0))]

    cancelled, retried = caller.post(b"", path=CANCEL), caller.post(b"", path=RETRY)

    assert (409, "nothing-to-cancel") == (cancelled.status_code, slug(cancelled))
    assert (409, "nothing-to-retry") == (retried.status_code, slug(retried))


def test_what_is_sent_is_409_and_told_by_its_place(caller: Caller, world: World) -> None:
    response = caller.post(b'{"recipients": ["r0@example.com", "r2@example.com"]}', path=RETRY)

    assert (409, "nothing-to-retry") == (response.status_code, slug(response))
    assert [("#/recipients/1", "recipient.not_retriable")] == faults(response)
    assert [] == world.revision.decided


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"[]", [("#", "type.object")]),
        (b'{"recipient": "r1@example.com"}', [("#/recipient", "member.unknown")]),
        (b'{"recipients": ["r1"]}', [("#/recipients/0", "address.syntax")]),
        (b'{"recipients": [1]}', [("#/recipients/0", "type.mailbox")]),
        (b'{"recipients": ["x@y.test"]}', [("#/recipients/0", "recipient.unknown")]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    caller: Caller, body: bytes, told: list[tuple[str, str]]
) -> None:
    response = caller.post(body, path=RETRY)

    assert (422, told) == (response.status_code, faults(response))


def test_a_parameter_and_a_body_that_says_something_are_faults(caller: Caller) -> None:
    """What is not known is a fault, lest it was meant."""
    response = caller.post(b'{"recipients": ["r0@example.com"]}', path=f"{CANCEL}?now=1")

    assert 422 == response.status_code
    assert {("#", "body.unexpected"), ("now", "parameter.unknown")} == set(faults(response))
    assert 422 == caller.post(b"", path=f"{RETRY}?now=1").status_code


def test_a_list_of_another_media_type_is_415(caller: Caller) -> None:
    response = caller.request(
        "POST", RETRY, body=b'{"recipients": []}', headers={"Content-Type": "text/plain"}
    )

    assert 415 == response.status_code


def test_a_batch_is_cancelled_with_all_that_waits(caller: Caller, world: World) -> None:
    batch, path = batch_id(1), f"/v1/batches/{batch_id(1)}/cancel"
    world.revision.batches = {batch: [ID, message_id(2)]}
    world.revision.stored.append(replace(stored(SENT), id=message_id(2)))

    response = caller.post(b"", path=path)

    assert 200 == response.status_code
    assert {"batch_id": batch, "messages": 1, "recipients": 1} == response.get_json()
    assert 422 == caller.post(b'{"why": 1}', path=path).status_code
    world.revision.stored = [stored(SENT)]
    assert 409 == caller.post(b"", path=path).status_code
    for name in (batch_id(2), ID, "x"):
        assert 404 == caller.post(b"", path=f"/v1/batches/{name}/cancel").status_code


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_another_keys_message_is_404_and_a_key_that_may_not_send_403(
    client: CheckedClient, caller: Caller, world: World, action: str
) -> None:
    other = Caller(client, world.new_key("another0", Scope.SEND))
    reader = Caller(client, world.new_key("reading0", Scope.READ, Scope.CONTENT))

    assert 404 == other.post(b"", path=f"/v1/messages/{ID}/{action}").status_code
    assert 403 == reader.post(b"", path=f"/v1/messages/{ID}/{action}").status_code
    for name in (message_id(2), "msg_1", "x"):
        assert 404 == caller.post(b"", path=f"/v1/messages/{name}/{action}").status_code
