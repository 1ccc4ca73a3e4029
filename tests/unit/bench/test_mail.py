"""The mail that every system is asked to send."""

import json

from bench import mail


def test_the_mail_is_four_kilobytes_of_text_and_html() -> None:
    document = mail.document("ada@example.com")

    octets = sum(len(str(document[part]).encode()) for part in ("text", "html"))

    assert mail.OCTETS - 200 <= octets <= mail.OCTETS


def test_a_request_is_whole_and_says_its_own_length() -> None:
    [request] = mail.requests("/v1/messages", "Bearer key", first=7, count=1)

    head, _, body = request.partition(b"\r\n\r\n")

    assert head.split(b"\r\n") == [
        b"POST /v1/messages HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
        b"Authorization: Bearer key",
    ]
    assert mail.document(mail.recipient(7)) == json.loads(body)


def test_a_batch_holds_each_mail_whole_and_the_last_what_is_left() -> None:
    """Else a batch would be cheaper for reasons that no caller has."""
    bodies = [
        json.loads(request.partition(b"\r\n\r\n")[2])
        for request in mail.requests("/v1/messages/batch", None, first=0, count=5, batch=3)
    ]

    expected = [mail.document(mail.recipient(number)) for number in range(5)]
    assert [{"messages": expected[:3]}, {"messages": expected[3:]}] == bodies


def test_the_built_mail_has_the_same_text_and_html() -> None:
    """Postfix carries the same payload as the others."""
    document = mail.document("ada@example.com")

    parts = [part.get_content() for part in mail.built().iter_parts()]

    assert [f"{document[name]}".rstrip() for name in ("text", "html")] == [
        part.rstrip() for part in parts
    ]


def test_each_request_has_a_recipient_of_its_own() -> None:
    bodies = [
        json.loads(request.partition(b"\r\n\r\n")[2])
        for request in mail.requests("/send", None, first=98, count=3)
    ]

    assert [mail.recipient(number) for number in (98, 99, 100)] == [
        body["to"][0] for body in bodies
    ]
