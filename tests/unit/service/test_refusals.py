"""Every kind of wrong input, and what it is answered: one table."""

from typing import Any

import pytest

from tests.unit.service.caller import Caller, faults

LONG = "x" * 5000
PDF = {"filename": "r.pdf", "content": "AA=="}
SENDER_OBJECT = {"email": "ada@example.com"}

TABLE: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    # what is not there
    ({"from": None}, [("#/from", "member.required")]),
    ({"to": None}, [("#/to", "recipients.required")]),
    ({"to": []}, [("#/to", "recipients.required")]),
    ({"text": None}, [("#/text", "body.required")]),
    ({"text": None, "html": ""}, [("#/text", "body.required")]),
    ({"attachments": [{}]}, [
        ("#/attachments/0/filename", "member.required"),
        ("#/attachments/0/content", "member.required"),
    ]),
    ({"to": {}}, [("#/to/email", "member.required")]),
    # what is not known
    ({"subjet": "a"}, [("#/subjet", "member.unknown")]),
    ({"_schema": "a"}, [("#/_schema", "member.unknown")]),
    ({"a/b~c d": "a"}, [("#/a~1b~0c%20d", "member.unknown")]),
    ({"ö": "a"}, [("#/%C3%B6", "member.unknown")]),
    ({"to": [{**SENDER_OBJECT, "mail": "x"}]}, [("#/to/0/mail", "member.unknown")]),
    ({"attachments": [{**PDF, "name": "x"}]}, [("#/attachments/0/name", "member.unknown")]),
    *[
        ({later: "x"}, [(f"#/{later}", "member.unknown")])
        for later in ("list_unsubscribe", "sandbox", "template")
    ],
    ({"relay": "nobody"}, [("#/relay", "relay.unknown")]),
    ({"relay": 1}, [("#/relay", "type.string")]),
    ({"priority": "urgent"}, [("#/priority", "value.not_known")]),
    ({"priority": 1}, [("#/priority", "type.string")]),
    ({"on_uncertain": "drop"}, [("#/on_uncertain", "value.not_known")]),
    # times
    ({"send_at": 1}, [("#/send_at", "type.string")]),
    ({"send_at": "2027-01-01T09:00:00"}, [("#/send_at", "time.syntax")]),
    ({"expires_at": "tomorrow"}, [("#/expires_at", "time.syntax")]),
    ({"send_at": "2027-12-28T09:00:01Z"}, [("#/send_at", "send_at.too_far")]),
    ({"expires_at": "2026-11-23T09:00:00Z"}, [("#/expires_at", "expires_at.passed")]),
    ({"send_at": "2026-11-24T09:00:00Z", "expires_at": "2026-11-24T10:00:00+01:00"}, [
        ("#/expires_at", "expires_at.order"),
    ]),
    ({"send_at": "2027-12-29T09:00:00Z", "expires_at": "2026-01-01T09:00:00Z"}, [
        ("#/send_at", "send_at.too_far"),
        ("#/expires_at", "expires_at.order"),
        ("#/expires_at", "expires_at.passed"),
    ]),
    ({"subject": 1, "expires_at": "2026-11-23T09:00:00Z"}, [
        ("#/subject", "type.string"), ("#/expires_at", "expires_at.passed"),
    ]),
    # what is of another type
    ({"from": 1}, [("#/from", "type.mailbox")]),
    ({"from": ["a@acme.test"]}, [("#/from", "type.mailbox")]),
    ({"to": [1, None]}, [("#/to/0", "type.mailbox"), ("#/to/1", "type.mailbox")]),
    ({"to": {"email": 1, "name": 2}}, [
        ("#/to/email", "type.string"), ("#/to/name", "type.string"),
    ]),
    ({"subject": 1}, [("#/subject", "type.string")]),
    ({"text": ["a"]}, [("#/text", "type.string")]),
    ({"html": {}}, [("#/html", "type.string")]),
    ({"headers": []}, [("#/headers", "type.object")]),
    ({"headers": {"X-A": 1}}, [("#/headers/X-A", "type.string_or_array")]),
    ({"headers": {"X-A": ["a", 1]}}, [("#/headers/X-A/1", "type.string")]),
    ({"attachments": {}}, [("#/attachments", "type.array")]),
    ({"attachments": ["a"]}, [("#/attachments/0", "type.object")]),
    ({"attachments": [{**PDF, "content": 1}]}, [("#/attachments/0/content", "type.string")]),
    ({"tags": "a"}, [("#/tags", "type.array")]),
    ({"tags": ["a", 1]}, [("#/tags/1", "type.string")]),
    ({"metadata": []}, [("#/metadata", "type.object")]),
    ({"metadata": {"a": 1}}, [("#/metadata/a", "type.string")]),
    ({"return_path": 1}, [("#/return_path", "type.mailbox")]),
    # addresses
    ({"to": "ada"}, [("#/to", "address.syntax")]),
    ({"to": ["a@b.test", "ada@"]}, [("#/to/1", "address.syntax")]),
    ({"to": {"email": "ada@", "name": "a\nb"}}, [
        ("#/to/email", "address.syntax"), ("#/to/name", "address.name_control_character"),
    ]),
    ({"to": "a@b.test, c@d.test"}, [("#/to", "address.list")]),
    ({"to": "Friends: a@b.test;"}, [("#/to", "address.group")]),
    ({"to": "a@b.test (Ada)"}, [("#/to", "address.comment")]),
    ({"to": '"a b"@b.test'}, [("#/to", "address.quoted_local_part")]),
    ({"to": f"{'a' * 65}@b.test"}, [("#/to", "address.local_part_too_long")]),
    ({"to": f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}.test"}, [
        ("#/to", "address.too_long"),
    ]),
    ({"from": "a@b.test\r\nBcc: x@y.test"}, [("#/from", "address.control_character")]),
    ({"from": {"email": "a@b.test", "name": "x\r\nBcc: y"}}, [
        ("#/from/name", "address.name_control_character"),
    ]),
    ({"return_path": "Bounces <b@acme.test>"}, [("#/return_path", "address.name_unexpected")]),
    ({"to": [f"u{n}@example.com" for n in range(51)]}, [("#/to", "recipients.too_many")]),
    ({"to": ["a"] * 1001}, [("#/to", "recipients.too_many")]),
    ({"reply_to": ["a@b.test"] * 51}, [("#/reply_to", "recipients.too_many")]),
    # one line is one line
    ({"subject": "a\r\nBcc: x@y.test"}, [("#/subject", "subject.control_character")]),
    ({"subject": "a\0"}, [("#/subject", "subject.control_character")]),
    ({"subject": LONG}, [("#/subject", "subject.too_long")]),
    ({"headers": {"X-A": "a\nb"}}, [("#/headers/X-A", "header.control_character")]),
    ({"headers": {"X-A": ["a", "b\r"]}}, [("#/headers/X-A/1", "header.control_character")]),
    ({"headers": {"X-A\r\nBcc": "a"}}, [("#/headers/X-A%0D%0ABcc", "header.name_syntax")]),
    ({"headers": {"": "a"}}, [("#/headers/", "header.name_syntax")]),
    ({"headers": {"X" * 65: "a"}}, [(f"#/headers/{'X' * 65}", "header.name_too_long")]),
    ({"headers": {"X-A": LONG}}, [("#/headers/X-A", "header.value_too_long")]),
    ({"headers": {"X-A": ["a"] * 101}}, [("#/headers", "headers.too_many")]),
    ({"headers": {"Message-ID": "nonsense"}}, [("#/headers/Message-ID", "message_id.syntax")]),
    ({"headers": {"Message-ID": ["<a@b>", "<c@d>"]}}, [("#/headers", "message_id.repeated")]),
    *[
        ({"headers": {name: "a"}}, [(f"#/headers/{name}", "header.reserved")])
        for name in (
            "From", "sender", "To", "CC", "Bcc", "Reply-To", "Subject", "Date", "MIME-Version",
            "Content-Type", "content-anything", "Received", "Return-Path", "DKIM-Signature",
            "Resent-To",
        )
    ],
    # files
    ({"attachments": [{**PDF, "filename": "a\nb"}]}, [
        ("#/attachments/0/filename", "filename.control_character"),
    ]),
    ({"attachments": [{**PDF, "filename": "../a"}]}, [
        ("#/attachments/0/filename", "filename.path"),
    ]),
    ({"attachments": [{**PDF, "filename": " "}]}, [("#/attachments/0/filename", "filename.empty")]),
    ({"attachments": [{**PDF, "content_type": "pdf"}]}, [
        ("#/attachments/0/content_type", "content_type.syntax"),
    ]),
    ({"attachments": [{**PDF, "content_id": "<a b>"}]}, [
        ("#/attachments/0/content_id", "content_id.syntax"),
    ]),
    ({"attachments": [{**PDF, "content_id": "a"}] * 2}, [
        ("#/attachments/1/content_id", "content_id.repeated"),
    ]),
    *[
        ({"attachments": [{**PDF, "content": content}]}, [
            ("#/attachments/0/content", "base64.syntax"),
        ])
        for content in ("A", "AA", "AA=", "AA==AA==", "A A=", "_-==", "ä", "=", "A\tA=")
    ],
    ({"attachments": [PDF] * 101}, [("#/attachments", "attachments.too_many")]),
    # notes
    ({"tags": ["a"] * 11}, [("#/tags", "tags.too_many")]),
    ({"tags": ["", "b\n", "c" * 129]}, [
        ("#/tags/0", "tag.empty"), ("#/tags/1", "tag.control_character"),
        ("#/tags/2", "tag.too_long"),
    ]),
    ({"metadata": {"a": LONG}}, [("#/metadata", "metadata.too_large")]),
    ({"metadata": {"": "a"}}, [("#/metadata/", "metadata.empty")]),
    ({"metadata": {"a": "\0"}}, [("#/metadata/a", "metadata.control_character")]),
    ({"text": "a\0b"}, [("#/text", "body.nul")]),
    # every fault at once
    ({"from": "x", "to": ["y"], "subject": "\n", "text": None, "tgas": [], "tags": [""]}, [
        ("#/from", "address.syntax"), ("#/to/0", "address.syntax"),
        ("#/subject", "subject.control_character"), ("#/tags/0", "tag.empty"),
        ("#/tgas", "member.unknown"), ("#/text", "body.required"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("members", "told"), TABLE, ids=lambda value: str(value)[:60])
def test_what_is_wrong_is_told_with_its_place_and_its_code(
    caller: Caller, members: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    response = caller.send(None, **members)

    assert 422 == response.status_code
    assert sorted(told) == sorted(faults(response))


@pytest.mark.parametrize("document", [b"[]", b'"a"', b"1", b"null", b"true"])
def test_a_body_that_is_no_object_is_told_as_a_whole(caller: Caller, document: bytes) -> None:
    response = caller.post(document)

    assert (422, [("#", "type.object")]) == (response.status_code, faults(response))


def test_a_lone_surrogate_is_a_fault_with_its_place(caller: Caller) -> None:
    """It is well-formed JSON, and nothing that UTF-8 could carry further."""
    response = caller.post(
        b'{"from":"a@acme.test","to":"b@c.test","text":"x","subject":"\\ud83d",'
        b'"metadata":{"\\udc00":"a"}}'
    )

    assert 422 == response.status_code
    assert ("#/subject", "text.lone_surrogate") in faults(response)
    assert ("#/metadata/?", "text.lone_surrogate") in faults(response)


def test_a_pair_of_surrogates_is_a_character(caller: Caller) -> None:
    body = b'{"from":"a@acme.test","to":"b@c.test","text":"\\ud83d\\ude00"}'

    assert 202 == caller.post(body).status_code


def test_faults_of_header_parameter_and_body_are_told_together(caller: Caller) -> None:
    response = caller.post(b'{"x":1}', {"Idempotency-Key": "a b"}, "/v1/messages?dry=1")

    assert {
        ("dry", "parameter.unknown"),
        ("Idempotency-Key", "idempotency_key.syntax"),
        ("#/x", "member.unknown"),
        ("#/from", "member.required"),
        ("#/to", "recipients.required"),
        ("#/text", "body.required"),
    } == set(faults(response))


def test_thousands_of_faults_are_not_all_told(caller: Caller) -> None:
    response = caller.send(None, **{f"m{number}": 1 for number in range(2000)})

    assert 500 == len(faults(response))
    assert "500 faults or more" in response.get_json()["detail"]
