"""`POST /v1/messages`: what a caller may say, and what becomes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from pillarbox.domain.address import Address
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import ChosenRoute, RecipientKind, Route, TraceContext
from pillarbox.domain.retry import OnUncertain
from tests.fakes.services import NOW, World, message_id
from tests.unit.service.caller import LETTER, Caller


def test_a_letter_is_accepted_with_its_place_and_its_recipients(
    caller: Caller, world: World
) -> None:
    response = caller.send(
        from_="Acme Billing <billing@acme.test>",
        to=["ada@example.com", {"email": "bob@example.com", "name": "Bob"}],
        cc="Carol <carol@example.com>",
        bcc={"email": "dave@example.com"},
    )

    assert 202 == response.status_code
    assert f"/pillarbox/v1/messages/{message_id(1)}" == response.headers["Location"]
    assert "private, no-cache" == response.headers["Cache-Control"]
    assert {
        "id": message_id(1),
        "status": "queued",
        "created_at": "2026-11-23T09:00:00.123Z",
        "internet_message_id": f"<{message_id(1)}@acme.test>",
        "recipients": [
            {"email": "ada@example.com", "kind": "to", "status": "queued"},
            {"email": "bob@example.com", "kind": "to", "status": "queued"},
            {"email": "carol@example.com", "kind": "cc", "status": "queued"},
            {"email": "dave@example.com", "kind": "bcc", "status": "queued"},
        ],
    } == response.get_json()
    [message] = world.acceptance.messages
    assert "Acme Billing" == message.content.sender.name
    assert ["", "Bob"] == [box.name for box in message.content.to]
    assert RecipientKind.BCC == message.recipients[3].kind


def test_everything_that_can_be_said_arrives(caller: Caller, world: World) -> None:
    response = caller.send(
        reply_to=["desk@acme.test"],
        subject="Quittung 42, größer",
        html="<p>hello</p>",
        headers={"X-Order": "42", "References": ["<a@x>", "<b@x>"], "message-id": "<me@acme.test>"},
        attachments=[
            {
                "filename": "r.pdf",
                "content_type": "application/pdf",
                "content": "aGVs\r\nbG8=",
                "content_id": "logo",
            },
            {"filename": "notes.txt", "content": ""},
            {"filename": "archive.tar.gz", "content": "AA=="},
        ],
        tags=["receipt", "receipt", "42"],
        metadata={"order": "42", "größe": "ü"},
        return_path="bounces@acme.test",
    )

    assert 202 == response.status_code
    [message] = world.acceptance.messages
    content = message.content
    assert "<me@acme.test>" == content.internet_message_id
    assert (
        ("X-Order", "42"),
        ("References", "<a@x>"),
        ("References", "<b@x>"),
    ) == content.headers
    assert [
        ("r.pdf", "application/pdf", b"hello", "logo"),
        ("notes.txt", "text/plain", b"", None),
        ("archive.tar.gz", "application/octet-stream", b"\0", None),
    ] == [
        (each.filename, each.content_type, each.content, each.content_id)
        for each in content.attachments
    ]
    assert ("receipt", "42") == message.tags
    assert {"order": "42", "größe": "ü"} == message.metadata
    assert Address("bounces", "acme.test") == message.envelope_sender
    assert ["desk@acme.test"] == [str(box.address) for box in content.reply_to]


def test_null_means_absent_at_every_level(caller: Caller, world: World) -> None:
    response = caller.send(
        to={"email": "ada@example.com", "name": None},
        html=None,
        send_at=None,
        headers={"X-Order": None},
        metadata={"order": None},
        attachments=[{"filename": "a.txt", "content": "", "content_id": None}],
    )

    assert 202 == response.status_code
    [message] = world.acceptance.messages
    assert ((), {}) == (message.content.headers, message.metadata)


def test_an_address_named_twice_is_one_recipient(caller: Caller) -> None:
    response = caller.send(to=["ada@example.com"] * 60, cc="Ada <ada@EXAMPLE.com>")

    assert ["ada@example.com"] == [each["email"] for each in response.get_json()["recipients"]]


def test_an_international_address_is_echoed_as_given(caller: Caller, world: World) -> None:
    response = caller.send(to="ada@bücher.example")

    assert "ada@bücher.example" == response.get_json()["recipients"][0]["email"]
    assert "xn--bcher-kva.example" == world.acceptance.messages[0].recipients[0].address.domain


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"text": "a", "html": ""}, ("a", None)),
        ({"text": "", "html": "b"}, (None, "b")),
        ({"text": ""}, ("", None)),
        ({"text": None, "html": "b"}, (None, "b")),
    ],
)
def test_an_empty_body_beside_a_full_one_is_absent(
    caller: Caller, world: World, said: dict[str, str | None], kept: tuple[str | None, str | None]
) -> None:
    """Else a reader would show the empty html in place of the text."""
    assert 202 == caller.send(**said).status_code
    content = world.acceptance.messages[0].content
    assert kept == (content.text, content.html)


def test_the_callers_trace_goes_with_the_message(caller: Caller, world: World) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    caller.send({"traceparent": parent, "tracestate": "vendor=1"})
    caller.send({"traceparent": parent.replace("4bf9", "zzzz"), "tracestate": "vendor=1"})

    assert [TraceContext(parent, "vendor=1"), None] == [
        message.trace for message in world.acceptance.messages
    ]


def test_a_worker_is_woken_for_what_was_committed(caller: Caller, world: World) -> None:
    caller.send()

    assert ["default"] == [route.relay for route in world.waker.woken]


def test_the_least_letter_is_enough(caller: Caller) -> None:
    assert {"from", "to", "text"} == set(LETTER)
    assert 202 == caller.send().status_code


def test_what_a_letter_says_of_its_life_goes_with_it(caller: Caller, world: World) -> None:
    """A lane, what follows uncertainty, and from when until when it is tried."""
    response = caller.send(
        priority="high",
        on_uncertain="hold",
        send_at="2026-11-24T10:00:00+01:00",
        expires_at="2026-11-24T12:00:00Z",
    )

    assert "scheduled" == response.get_json()["status"]
    [message] = world.acceptance.messages
    assert (Lane.HIGH, OnUncertain.HOLD) == (message.priority, message.on_uncertain)
    assert {Lane.HIGH} == {each.route.lane for each in message.routes}
    assert datetime(2026, 11, 24, 9, tzinfo=UTC) == message.send_at == message.content.date
    assert datetime(2026, 11, 24, 12, tzinfo=UTC) == message.expires_at


def test_a_lifetime_counts_from_when_the_message_is_due(caller: Caller, world: World) -> None:
    """`expires_at` shortens it and does not lengthen it; a past `send_at` is now."""
    caller.send(send_at="2026-11-24T09:00:00Z")
    caller.send(send_at="2026-11-20T09:00:00Z", expires_at="2027-11-24T09:00:00Z")

    ahead, past = world.acceptance.messages
    assert datetime(2026, 11, 26, 9, tzinfo=UTC) == ahead.expires_at
    assert (None, NOW + timedelta(hours=48)) == (past.send_at, past.expires_at)


def test_a_letter_that_names_a_relay_goes_there(caller: Caller, world: World) -> None:
    """Any key may name any relay."""
    assert 202 == caller.send(relay="ses-eu").status_code

    [message] = world.acceptance.messages
    assert (ChosenRoute(Route("ses-eu", Lane.NORMAL)),) == message.parts()
    assert [Route("ses-eu", Lane.NORMAL)] == world.waker.woken
