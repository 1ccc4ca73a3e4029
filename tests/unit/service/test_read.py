"""`GET /v1/messages/{id}`, its attempts and its source."""

from dataclasses import replace

import pytest

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.attempt import Attempt, AttemptOutcome, ConnectionFacts, Step
from pillarbox.domain.category import Category
from pillarbox.domain.ids import KeyId
from pillarbox.domain.message import Content
from pillarbox.domain.outcome import Finding, FindingCode
from pillarbox.domain.reply import Reply, Verb
from pillarbox.domain.status import RecipientStatus
from tests.fakes.services import EVERYDAY, NOW, World, message_id
from tests.unit.service.caller import Caller, faults, slug
from tests.unit.service.views import STATE, make_view

MINE = KeyId("key_everyday")
ID = message_id(1)
PATH = f"/v1/messages/{ID}"
UNKNOWN_USER = Reply(550, "User unknown", Verb.RCPT, "5.1.1")


@pytest.fixture
def world() -> World:
    bounced = replace(
        STATE,
        status=RecipientStatus.BOUNCED,
        attempts=1,
        last_attempt_at=NOW,
        next_attempt_at=None,
        cause=UNKNOWN_USER,
        category=Category.INVALID_RECIPIENT,
        relay="default",
        host="smtp.example.net:587",
    )
    ours = replace(bounced, cause=Finding(FindingCode.SMTPUTF8_UNAVAILABLE, "no SMTPUTF8"))
    world = World()
    world.reader.views = [make_view(ID, MINE, bounced, ours, STATE)]
    return world


def test_a_message_is_shown_with_what_became_of_each_recipient(caller: Caller) -> None:
    response = caller.get(PATH)

    assert 200 == response.status_code
    shown = response.get_json()
    recipients = shown.pop("recipients")
    assert {
        "id": ID,
        "status": "queued",
        "created_at": "2026-11-23T09:00:00.123Z",
        "expires_at": "2026-11-25T09:00:00.123Z",
        "internet_message_id": f"<{ID}@acme.test>",
        "from": "Acme <billing@acme.test>",
        "return_path": "bounces@acme.test",
        "subject": "Receipt 42",
        "tags": ["receipt"],
        "metadata": {"order": "42"},
        "send_at": None,
        "priority": "normal",
        "on_uncertain": "retry",
        "relay": None,
        "batch_id": None,
        "size": 1234,
    } == shown
    assert {
        "email": "r0@example.com",
        "kind": "to",
        "status": "bounced",
        "category": "invalid_recipient",
        "reply": {"code": 550, "enhanced": "5.1.1", "text": "User unknown", "command": "RCPT"},
        "reason": None,
        "relay": "default",
        "host": "smtp.example.net:587",
        "attempts": 1,
        "last_attempt_at": "2026-11-23T09:00:00.123Z",
        "next_attempt_at": None,
        "feedback": None,
    } == recipients[0]


def test_what_we_found_ourselves_is_never_shown_as_a_reply(caller: Caller) -> None:
    ours = caller.get(PATH).get_json()["recipients"][1]

    assert ours["reply"] is None
    assert {"code": "smtputf8_unavailable", "detail": "no SMTPUTF8"} == ours["reason"]


def test_what_has_not_changed_is_304(caller: Caller, world: World) -> None:
    first = caller.get(PATH)
    etag = first.headers["ETag"]

    again = caller.get(PATH, If_None_Match=f'"other", W/{etag}')

    assert (304, b"") == (again.status_code, again.data)
    assert etag == again.headers["ETag"]
    assert "private, no-cache" == again.headers["Cache-Control"]
    world.reader.views = [replace(world.reader.views[0], status="sent")]
    assert 200 == caller.get(PATH, If_None_Match=etag).status_code


def test_a_state_that_is_not_the_expected_one_is_412(caller: Caller) -> None:
    """RFC 9110 13.1.1: compared strongly; and refused as a problem, without the message."""
    etag = caller.get(PATH).headers["ETag"]

    for expected in ('"other"', f"W/{etag}"):
        refused = caller.get(PATH, If_Match=expected, If_None_Match=etag)
        assert (412, "precondition-failed") == (refused.status_code, slug(refused))
    for expected in (etag, f'"other", {etag}', "*"):
        assert 200 == caller.get(PATH, If_Match=expected).status_code


@pytest.mark.parametrize("suffix", ["", "/attempts", "/source"])
@pytest.mark.parametrize(
    "name",
    [
        "x",
        "msg_",
        ID[:-1],
        ID.upper(),
        f"{ID}0",
        ID.replace("msg", "bat"),
        message_id(2),
        "%00",
        "ä",
    ],
)
def test_what_is_not_there_is_404(caller: Caller, name: str, suffix: str) -> None:
    """A malformed id names nothing, as does a well-formed one that was never given."""
    response = caller.get(f"/v1/messages/{name}{suffix}")

    assert (404, "not-found") == (response.status_code, slug(response))


@pytest.mark.parametrize("suffix", ["", "/attempts", "/source"])
def test_another_keys_message_is_404(caller: Caller, world: World, suffix: str) -> None:
    caller.key = world.new_key("stranger", *EVERYDAY)
    assert 404 == caller.get(PATH + suffix).status_code


@pytest.mark.parametrize("suffix", ["", "/attempts", "/source"])
def test_a_parameter_is_a_fault_here(caller: Caller, suffix: str) -> None:
    response = caller.get(f"{PATH}{suffix}?expand=1")

    assert (422, [("expand", "parameter.unknown")]) == (response.status_code, faults(response))


def test_attempts_show_every_step(caller: Caller, world: World) -> None:
    """Times to the microsecond: what is finer was never measured."""
    step = Step(Verb.RCPT, UNKNOWN_USER, 1.5, Address("r0", "example.com"))
    lost = Step(Verb.END_OF_DATA, None, 30_000.000_000_3)
    facts = ConnectionFacts(
        "smtp.example.net:587", "TLSv1.3", "TLS_AES_256_GCM_SHA384", reused=True
    )
    world.reader.attempts_of[ID] = [
        Attempt("default", NOW, 12.500_000_002, AttemptOutcome.PARTIAL, (step, lost), facts),
        Attempt("default", NOW, 0.0, AttemptOutcome.UNCERTAIN, (), None),
        Attempt(
            "default",
            NOW,
            0.0,
            AttemptOutcome.SENT,
            (),
            ConnectionFacts("a:25", None, None, reused=False),
        ),
    ]

    response = caller.get(f"{PATH}/attempts")

    whole, lost_worker, plain = response.get_json()["data"]
    assert response.get_json()["next_cursor"] is None
    assert {
        "relay": "default",
        "host": "smtp.example.net:587",
        "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"},
        "connection": "reused",
        "started_at": "2026-11-23T09:00:00.123Z",
        "milliseconds": 12.5,
        "outcome": "partial",
        "steps": [
            {
                "command": "RCPT",
                "recipient": "r0@example.com",
                "reply": {
                    "code": 550,
                    "enhanced": "5.1.1",
                    "text": "User unknown",
                    "command": "RCPT",
                },
                "milliseconds": 1.5,
            },
            {"command": "END-OF-DATA", "recipient": None, "reply": None, "milliseconds": 30000.0},
        ],
    } == whole
    assert (None, None, None) == (
        lost_worker["host"],
        lost_worker["connection"],
        lost_worker["tls"],
    )
    assert (None, "new") == (plain["tls"], plain["connection"])


def test_the_source_is_the_bytes_on_the_wire(caller: Caller, world: World) -> None:
    """The last line's end among them, which DATA cannot do without (RFC 5321 4.1.1.4)."""
    sender = Mailbox(Address("billing", "acme.test"))
    world.reader.contents[ID] = Content(
        ID, "<a@b>", NOW, sender, (sender,), (), (), "the bytes", None, None, (), ()
    )

    response = caller.get(f"{PATH}/source")

    assert (200, b"the bytes\r\n") == (response.status_code, response.data)
    assert "message/rfc822" == response.headers["Content-Type"]
    assert "private, no-cache" == response.headers["Cache-Control"]


def test_a_store_that_is_away_is_503(caller: Caller, world: World) -> None:
    world.reader.away = True

    assert 503 == caller.get(PATH).status_code
