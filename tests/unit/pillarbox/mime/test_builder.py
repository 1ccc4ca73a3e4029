import base64
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.ids import MessageId
from pillarbox.domain.message import Attachment
from pillarbox.mime.builder import build, needs_smtputf8
from pillarbox.mime.errors import UnbuildableError
from tests.property.mime_contents import PLAIN as SIMPLEST

PLAIN = replace(SIMPLEST, text="Thank you.\n.\n")
PDF = Attachment("r.pdf", "application/pdf", b"%PDF")
LOGO = Attachment("logo.png", "image/png", b"\x89PNG", "logo")


def structure(data: bytes) -> list[str]:
    """Return the types of the message and its parts in the order in which they stand."""
    return [
        line.partition(b": ")[2].partition(b";")[0].decode()
        for line in data.split(b"\r\n")
        if line.startswith(b"Content-Type: ")
    ]


def lines(data: bytes) -> list[str]:
    return data.decode().split("\r\n")


def test_the_simplest_message_to_the_letter() -> None:
    """Usual order of fields, dots untouched, nothing that was not asked for."""
    expected = [
        "Date: Fri, 01 Jan 2027 09:00:00 +0000",
        "From: Acme Billing <billing@acme.test>",
        "To: ada@example.com",
        "Subject: Receipt 42",
        "Message-ID: <msg_01k5x9w9p7e6yvwn8m2e8rj1zt@acme.test>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 7bit",
        "",
        "Thank you.",
        ".",
        "",
    ]

    assert expected == lines(build(PLAIN))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"text": None}, ["text/plain"]),
        ({"text": None, "html": "<p>"}, ["text/html"]),
        ({"html": "<p>"}, ["multipart/alternative", "text/plain", "text/html"]),
        ({"attachments": (PDF,)}, ["multipart/mixed", "text/plain", "application/pdf"]),
        ({"text": None, "attachments": (PDF,)}, ["multipart/mixed", "application/pdf"]),
        ({"attachments": (LOGO,)}, ["multipart/mixed", "text/plain", "image/png"]),
        (
            {"text": None, "html": "<p>", "attachments": (LOGO,)},
            ["multipart/related", "text/html", "image/png"],
        ),
        (
            {"html": "<p>", "attachments": (PDF, LOGO)},
            [
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "multipart/related",
                "text/html",
                "image/png",
                "application/pdf",
            ],
        ),
    ],
)
def test_the_parts_are_nested_as_readers_expect(
    changes: dict[str, Any], expected: list[str]
) -> None:
    """RFC 2046 5.1 and RFC 2387: images around the html, a choice of texts, files around all."""
    content = replace(PLAIN, **changes)

    assert expected == structure(build(content))


def test_an_inline_image_is_found_by_its_content_id() -> None:
    written = lines(build(replace(PLAIN, html="<img src=cid:logo>", attachments=(LOGO,))))

    assert "Content-ID: <logo>" in written
    assert 'Content-Disposition: inline; filename="logo.png"' in written


def test_the_date_goes_out_in_utc() -> None:
    here = timezone(timedelta(hours=5, minutes=30))
    [date] = [
        line
        for line in lines(build(replace(PLAIN, date=PLAIN.date.astimezone(here))))
        if line.startswith("Date:")
    ]

    assert "Date: Fri, 01 Jan 2027 09:00:00 +0000" == date


def test_the_boundary_is_made_from_the_id_of_the_message() -> None:
    """Same content, same bytes; another message, another boundary."""
    content = replace(PLAIN, html="<p>")

    assert build(content) == build(content)
    assert build(content) != build(replace(content, message_id=MessageId("msg_other")))


def test_a_body_that_contains_the_boundary_gets_another_one() -> None:
    """Not by chance but by malice, since ids are told to callers: a part must not end early."""
    content = replace(PLAIN, html="<p>")
    [boundary] = [part for part in build(content).split(b'"') if part.startswith(b"=_")]
    forged = f"--{boundary.decode()}\nBcc: x\n--{boundary.decode()}--\n"
    data = build(replace(content, text=forged))

    assert 2 == data.count(boundary)
    assert 3 == len(structure(data))


def test_international_domains_go_out_as_a_labels_without_smtputf8() -> None:
    """RFC 6531 3.2: only the local part asks for the extension."""
    content = replace(
        PLAIN, cc=(Mailbox(Address("a", "xn--bcher-kva.example", "a@bücher.example")),)
    )

    assert not needs_smtputf8(content)
    assert "Cc: a@xn--bcher-kva.example" in lines(build(content))


@pytest.mark.parametrize("field", ["to", "cc", "reply_to"])
def test_a_non_ascii_local_part_stands_in_utf_8_and_needs_smtputf8(field: str) -> None:
    """RFC 6532 3.2."""
    box = Mailbox(Address("jürgen", "acme.test"), "Jürgen")
    changes: dict[str, Any] = {field: (box,)}
    content = replace(PLAIN, **changes)

    assert needs_smtputf8(content)
    assert any(
        "=?utf-8?q?J=C3=BCrgen?= <jürgen@acme.test>" in line for line in lines(build(content))
    )


def test_a_sender_with_a_non_ascii_local_part_needs_smtputf8() -> None:
    assert needs_smtputf8(replace(PLAIN, sender=Mailbox(Address("jürgen", "acme.test"))))
    assert not needs_smtputf8(PLAIN)


@pytest.mark.parametrize("html", [None, "<p>\ud800"])
@pytest.mark.parametrize("text", ["\ud800"])
def test_what_is_not_unicode_is_named(text: str, html: str | None) -> None:
    with pytest.raises(UnbuildableError) as caught:
        build(replace(PLAIN, text=text, html=html))

    assert "text" == caught.value.field
    assert isinstance(caught.value, ValueError)


def test_a_large_file_comes_back_whole() -> None:
    """The lines of a large file are made a block at a time."""
    file = Attachment("big.bin", "application/octet-stream", bytes(range(256)) * 20_000)
    data = build(replace(PLAIN, text=None, attachments=(file,)))

    assert 78 >= max(map(len, data.split(b"\r\n")))
    assert file.content == base64.b64decode(data.split(b"\r\n\r\n")[2])
