"""`POST /v1/messages/batch`: each message alone, or all; pointers over the whole request."""

from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from pillarbox.domain.key import Scope
from tests.fakes.services import World, batch_id, message_id
from tests.unit.service.caller import LETTER, Caller, faults, slug
from tests.unit.service.published import CheckedClient

PATH = "/v1/messages/batch"
BROKEN: dict[str, Any] = {**LETTER, "to": ["ada@example.com", "nonsense"], "text": 1}


def send(caller: Caller, *messages: Any, key: str | None = None, **envelope: Any) -> TestResponse:  # noqa: ANN401 - any JSON
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"messages": list(messages), **envelope}
    return caller.post(orjson.dumps(body), headers, path=PATH)


def told(result: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where and what the faults of a result are."""
    return [(each["pointer"], each["code"]) for each in result["error"]["errors"]]


def test_a_batch_is_accepted_in_one_transaction_with_one_wake_up(
    caller: Caller, world: World
) -> None:
    response = send(caller, LETTER, {**LETTER, "send_at": "2026-11-24T09:00:00Z"}, LETTER)

    assert 202 == response.status_code
    assert {
        "batch_id": batch_id(1),
        "accepted": 3,
        "rejected": 0,
        "results": [
            {"index": 0, "id": message_id(1), "status": "queued"},
            {"index": 1, "id": message_id(2), "status": "scheduled"},
            {"index": 2, "id": message_id(3), "status": "queued"},
        ],
    } == response.get_json()
    assert ([3], 1, [3]) == (
        world.acceptance.calls,
        len(world.waker.woken),
        world.observer.batches,
    )
    assert {batch_id(1)} == {each.batch_id for each in world.acceptance.messages}
    assert "Idempotent-Replayed" not in response.headers


def test_each_message_stands_alone(caller: Caller, world: World) -> None:
    """What is wrong with one is told in its place, with pointers over the whole request."""
    response = send(caller, LETTER, BROKEN, "x", LETTER)

    answer = response.get_json()
    assert (202, 2, 2) == (response.status_code, answer["accepted"], answer["rejected"])
    assert [0, 1, 2, 3] == [each["index"] for each in answer["results"]]
    assert "invalid-input" == answer["results"][1]["error"]["type"].rpartition("/")[2]
    assert {
        ("#/messages/1/to/1", "address.syntax"),
        ("#/messages/1/text", "type.string"),
    } == set(told(answer["results"][1]))
    assert [("#/messages/2", "type.object")] == told(answer["results"][2])
    assert 2 == len(world.acceptance.messages)


def test_all_or_nothing(caller: Caller, world: World) -> None:
    response = send(caller, LETTER, BROKEN, LETTER, atomic=True)

    answer = response.get_json()
    assert (422, "batch-refused") == (response.status_code, slug(response))
    assert (0, 3, [1]) == (
        answer["accepted"],
        answer["rejected"],
        [each["index"] for each in answer["results"]],
    )
    assert set(told(answer["results"][0])) == set(faults(response))
    assert [] == world.acceptance.messages
    assert 202 == send(caller, LETTER, LETTER, atomic=True).status_code


def test_a_batch_of_which_nothing_is_accepted_is_422_with_its_results(caller: Caller) -> None:
    response = send(caller, BROKEN, {})

    assert (422, "batch-refused") == (response.status_code, slug(response))
    assert [0, 1] == [each["index"] for each in response.get_json()["results"]]
    assert ("#/messages/1/from", "member.required") in faults(response)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ([], [("#", "type.object")]),
        ({}, [("#/messages", "member.required")]),
        ({"messages": []}, [("#/messages", "messages.count")]),
        ({"messages": [{}] * 1001}, [("#/messages", "messages.count")]),
        ({"messages": {}, "defaults": [], "atomic": 1, "more": 1}, [
            ("#/atomic", "type.boolean"),
            ("#/defaults", "type.object"),
            ("#/messages", "type.array"),
            ("#/more", "member.unknown"),
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_request_refuses_it(
    caller: Caller, world: World, body: object, found: list[tuple[str, str]]
) -> None:
    response = caller.post(orjson.dumps(body), path=f"{PATH}?x=1")

    assert (422, "invalid-input") == (response.status_code, slug(response))
    assert [*found, ("x", "parameter.unknown")] == sorted(faults(response))
    assert [] == world.acceptance.messages


def test_a_fault_of_the_defaults_is_told_there_and_concerns_who_uses_them(caller: Caller) -> None:
    response = send(
        caller,
        LETTER,
        {**LETTER, "subject": "mine"},
        defaults={"subject": 1, "tags": ["a", 1], "headers": {"X-A": "1", "To": "x"}},
    )

    first, second = response.get_json()["results"]
    common = {("#/defaults/tags/1", "type.string"), ("#/defaults/headers/To", "header.reserved")}
    assert {*common, ("#/defaults/subject", "type.string")} == set(told(first))
    assert common == set(told(second))


def test_a_merged_member_is_blamed_on_who_named_its_key(caller: Caller) -> None:
    response = send(
        caller,
        {**LETTER, "headers": {"X-B": 1}, "metadata": {"a": 2}},
        defaults={"headers": {"X-A": 1}, "metadata": {"a": 1, "b": 1}},
    )

    [result] = response.get_json()["results"]
    assert {
        ("#/defaults/headers/X-A", "type.string_or_array"),
        ("#/messages/0/headers/X-B", "type.string_or_array"),
        ("#/messages/0/metadata/a", "type.string"),
        ("#/defaults/metadata/b", "type.string"),
    } == set(told(result))


def test_a_key_may_not_send_as_anybody_and_each_message_hears_it(
    client: CheckedClient, world: World
) -> None:
    caller = Caller(client, world.new_key("narrow00", Scope.SEND, senders=("acme.test",)))

    response = send(
        caller, {}, {"from": "a@other.test"}, {"return_path": "b@c.test"}, defaults=LETTER
    )

    results = response.get_json()["results"]
    assert [None, 403, 403] == [each.get("error", {}).get("status") for each in results]
    assert [("#/messages/1/from", "sender.not_allowed")] == told(results[1])
    assert [("#/messages/2/return_path", "sender.not_allowed")] == told(results[2])
    refused = send(caller, {}, defaults={**LETTER, "from": "a@other.test"})
    assert [("#/defaults/from", "sender.not_allowed")] == faults(refused)


def test_a_message_too_large_is_the_only_one_refused(caller: Caller, world: World) -> None:
    world.measure = lambda content: 25_000_001 if content.subject else 1000

    results = send(caller, LETTER, {**LETTER, "subject": "a"}).get_json()["results"]

    assert 413 == results[1]["error"]["status"]
    assert message_id(1) == results[0]["id"]


def test_defaults_cannot_multiply_a_text_without_end(caller: Caller, world: World) -> None:
    """A request of some kilobytes would else be gigabytes in the store."""
    response = send(caller, *[{}] * 10, defaults={**LETTER, "text": "x" * 100_000})

    assert (413, "request-too-large") == (response.status_code, slug(response))
    assert [] == world.acceptance.messages
    crowd = {**LETTER, "headers": {"X-A": ["x" * 900] * 100}}
    assert 413 == send(caller, *[{}] * 12, defaults=crowd).status_code
    assert 202 == send(caller, *[{}] * 9, defaults={**LETTER, "text": "x" * 100_000}).status_code


def test_a_shared_file_is_decoded_once(caller: Caller, world: World) -> None:
    file = {"filename": "a.txt", "content": "aGVsbG8="}
    send(caller, {}, {}, {"attachments": []}, defaults={**LETTER, "attachments": [file]})

    first, second, third = (each.content.attachments for each in world.acceptance.messages)
    assert first[0] is second[0]
    assert () == third


def test_a_repeat_is_answered_again_to_the_letter(caller: Caller, world: World) -> None:
    first = send(caller, LETTER, {**LETTER, "subject": "b"}, key="k")
    second = send(caller, LETTER, {**LETTER, "subject": "b"}, key="k")

    assert first.data == second.data
    assert (None, "true") == (
        first.headers.get("Idempotent-Replayed"),
        second.headers.get("Idempotent-Replayed"),
    )
    assert 2 == len(world.acceptance.messages)
    assert {"k#0", "k#1"} == {name for _, name in world.acceptance.remembered}


def test_what_was_refused_is_repeated_alone_and_joins_its_batch(
    caller: Caller, world: World
) -> None:
    """Only what was accepted is remembered: a corrected message is new, the others are not."""
    first = send(caller, LETTER, BROKEN, key="k").get_json()
    second = send(caller, LETTER, {**LETTER, "subject": "now right"}, key="k")

    answer = second.get_json()
    assert first["results"][0] == answer["results"][0]
    assert (first["batch_id"], 2, 0) == (answer["batch_id"], answer["accepted"], answer["rejected"])
    assert {first["batch_id"]} == {each.batch_id for each in world.acceptance.messages}
    assert "Idempotent-Replayed" not in second.headers


def test_another_message_under_the_same_key_is_refused_by_itself(caller: Caller) -> None:
    send(caller, LETTER, LETTER, key="k")

    results = send(caller, LETTER, {**LETTER, "text": "other"}, key="k").get_json()["results"]

    assert message_id(1) == results[0]["id"]
    assert "idempotency-key-reused" == results[1]["error"]["type"].rpartition("/")[2]


def test_a_lone_surrogate_is_its_messages_fault(caller: Caller) -> None:
    body = b'{"messages": [{"from":"a@b.test","to":"c@d.test","text":"x"}, {"from":"a@b.test",'
    body += b'"to":"c@d.test","text":"\\ud800"}]}'

    results = caller.post(body, path=PATH).get_json()["results"]

    assert "id" in results[0]
    assert [("#/messages/1/text", "text.lone_surrogate")] == told(results[1])


def test_thousands_of_faults_are_not_all_told(caller: Caller) -> None:
    """But of every message at least one."""
    response = send(caller, *[{**LETTER, "tags": [1] * 10}] * 200)

    assert 500 == len(faults(response))
    assert 200 == len(response.get_json()["results"])
    assert all(told(each) for each in response.get_json()["results"])


def test_a_key_without_the_scope_is_refused_whole(client: CheckedClient, world: World) -> None:
    assert 403 == send(Caller(client, world.new_key("reading0", Scope.READ)), LETTER).status_code
