"""Idempotency-Key: a repeat is answered again to the letter, and sends nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.key import Scope
from pillarbox.domain.lane import Lane
from pillarbox.domain.message import Attachment, Submission
from pillarbox.domain.retry import OnUncertain
from pillarbox.domain.schedule import Wish
from service.idempotency import request_sha256
from tests.fakes.services import NOW, World
from tests.unit.service.caller import Caller, faults, slug
from tests.unit.service.published import CheckedClient

KEY = {"Idempotency-Key": "order-42"}
ADA = Mailbox(Address("ada", "example.com", "ada@example.com"), "Ada")
LETTER = Submission(sender=ADA, to=(ADA,), text="hello")


def test_a_repeat_is_answered_again_to_the_letter(caller: Caller, world: World) -> None:
    first = caller.send(KEY)
    second = caller.send(KEY)

    assert (202, 202) == (first.status_code, second.status_code)
    assert first.data == second.data
    assert first.headers["Location"] == second.headers["Location"]
    assert (None, "true") == (
        first.headers.get("Idempotent-Replayed"),
        second.headers.get("Idempotent-Replayed"),
    )
    assert 1 == len(world.acceptance.messages)


def test_what_says_the_same_in_other_words_is_a_repeat(caller: Caller) -> None:
    """Compared is the validated submission: not its white space, order, nulls or list forms."""
    caller.send(KEY, to="Ada <ada@Example.COM>", metadata={"a": "1", "b": "2"})

    again = caller.send(
        KEY,
        metadata={"b": "2", "a": "1"},
        to=[{"name": "Ada", "email": "ada@example.com"}],
        html=None,
        cc=[],
    )

    assert "true" == again.headers["Idempotent-Replayed"]


def test_another_request_under_the_same_key_is_422(caller: Caller, world: World) -> None:
    caller.send(KEY)

    response = caller.send(KEY, text="something else")

    assert (422, "idempotency-key-reused") == (response.status_code, slug(response))
    assert 1 == len(world.acceptance.messages)


def test_a_pair_of_quotes_is_not_part_of_the_key(caller: Caller) -> None:
    """The draft's form is a quoted string; Stripe's is bare: both name the same."""
    caller.send({"Idempotency-Key": '"order-42"'})

    assert "true" == caller.send(KEY).headers["Idempotent-Replayed"]


def test_a_key_belongs_to_its_api_key(caller: Caller, client: CheckedClient, world: World) -> None:
    caller.send(KEY)

    other = Caller(client, world.new_key("another0", Scope.SEND)).send(KEY, text="other")

    assert 202 == other.status_code


@pytest.mark.parametrize("key", ["", '""', "a b", "ä", "x" * 257, f'"{"x" * 257}"', "a\tb"])
def test_a_key_that_is_none_is_422_and_names_the_header(caller: Caller, key: str) -> None:
    response = caller.send({"Idempotency-Key": key})

    assert 422 == response.status_code
    assert [("Idempotency-Key", "idempotency_key.syntax")] == faults(response)


@pytest.mark.parametrize("key", ["x", "!", "~", '"', "x" * 256, f'"{"x" * 256}"', '"a', 'a"'])
def test_any_visible_ascii_will_do(caller: Caller, key: str) -> None:
    assert 202 == caller.send({"Idempotency-Key": key}).status_code


def test_a_first_call_still_under_way_is_409(caller: Caller, world: World) -> None:
    world.acceptance.busy = True

    response = caller.send(KEY)

    assert (409, "idempotency-key-busy") == (response.status_code, slug(response))
    assert "1" == response.headers["Retry-After"]


def test_what_was_refused_is_not_remembered(caller: Caller) -> None:
    """Only 202s are answered again."""
    assert 422 == caller.send(KEY, to="nonsense").status_code
    assert 202 == caller.send(KEY).status_code


def test_a_repeat_may_come_when_what_it_asks_for_has_passed(caller: Caller, world: World) -> None:
    """A code that is worth five minutes is repeated after six: it was accepted, and is no fault."""
    wanted = {"expires_at": "2026-11-23T09:05:00Z"}
    first = caller.send(KEY, **wanted)
    world.now = NOW + timedelta(minutes=6)

    assert first.data == caller.send(KEY, **wanted).data
    assert 422 == caller.send(**wanted).status_code


@pytest.mark.parametrize(
    "other",
    [
        replace(LETTER, sender=Mailbox(ADA.address)),
        replace(LETTER, to=(), cc=(ADA,)),
        replace(LETTER, reply_to=(ADA,)),
        replace(LETTER, subject="a"),
        replace(LETTER, text=None, html="hello"),
        replace(LETTER, headers=(("X-A", "1"),)),
        replace(LETTER, tags=("a",)),
        replace(LETTER, metadata={"a": "1"}),
        replace(LETTER, return_path=ADA.address),
        replace(LETTER, message_id="<a@b>"),
        replace(LETTER, attachments=(Attachment("a", "b/c", b"1"),)),
        replace(LETTER, priority=Lane.HIGH),
        replace(LETTER, on_uncertain=OnUncertain.HOLD),
        replace(LETTER, wish=Wish(send_at=NOW)),
        replace(LETTER, wish=Wish(expires_at=NOW)),
    ],
)
def test_every_member_tells_two_requests_apart(other: Submission) -> None:
    assert request_sha256("POST /a", LETTER) != request_sha256("POST /a", other)


def test_the_route_tells_two_requests_apart() -> None:
    assert request_sha256("POST /a", LETTER) != request_sha256("POST /b", LETTER)


def test_the_hash_never_changes() -> None:
    """It is kept as long as the message: a repeat may come after an upgrade."""
    assert (
        "6efcf01b291c31ad4dc6f33359be5475861af2eff02af399ff816aa3c3b4e2e4"
        == request_sha256("POST /v1/messages", LETTER).hex()
    )
