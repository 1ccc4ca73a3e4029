"""What was asked for is what a reader of the bytes gets."""

from dataclasses import replace
from datetime import UTC
from email.utils import unquote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.message import Attachment, Content
from pillarbox.mime.builder import build
from tests.property.mime_contents import PLAIN, contents, filenames, line_texts, mailboxes
from tests.property.mime_reader import (
    custom_values,
    decoded,
    leaves,
    names_and_addresses,
    parsed,
    payload,
    raw_fields,
    with_crlf,
)


@settings(max_examples=150, deadline=None)
@given(contents())
def test_bodies_and_files_arrive_as_they_were_given(content: Content) -> None:
    """Text with its line ends as CRLF and no line end invented; files octet for octet."""
    texts = [] if content.text is None else [with_crlf(content.text).encode()]
    files = [file.content for file in content.attachments]
    if content.html is not None:
        texts.append(with_crlf(content.html).encode())
        texts += [file.content for file in content.attachments if file.content_id]
        files = [file.content for file in content.attachments if not file.content_id]

    assert (texts + files or [b""]) == [payload(part) for part in leaves(build(content))]


@settings(max_examples=150, deadline=None)
@given(contents())
def test_subject_and_custom_headers_read_as_they_were_written(content: Content) -> None:
    """Any script, any blanks inside: encoded-words decode to the text, whole characters each."""
    data = build(content)
    [subject] = [value for name, value in raw_fields(data) if name == "Subject"]

    assert content.subject == decoded(subject)
    for (name, asked), (found_name, found) in zip(
        content.headers, custom_values(data), strict=True
    ):
        assert name == found_name
        trimmed = asked.strip(" ")
        assert trimmed == (found if trimmed.isascii() else decoded(found))


@settings(max_examples=150, deadline=None)
@given(st.lists(mailboxes(), min_size=1, max_size=5))
def test_every_mailbox_of_a_list_reads_back_with_its_name(boxes: list[Mailbox]) -> None:
    """RFC 5322 3.4: what is special in a name is quoted or encoded, never structure."""
    data = build(replace(PLAIN, to=tuple(boxes)))

    assert [(box.name, box.address.wire) for box in boxes] == names_and_addresses(data, "To")


@settings(max_examples=150, deadline=None)
@example('""')
@example('"a"')
@example("<a>")
@given(filenames)
def test_a_file_name_reads_back_from_its_rfc_2231_form(filename: str) -> None:
    """But for white space and quotes around it, which the reader here takes off by itself."""
    data = build(replace(PLAIN, attachments=(Attachment(filename, "application/pdf", b"x"),)))

    for part in (leaves(data)[-1], list(parsed(data).iter_attachments())[-1]):
        assert unquote(filename.strip()) == (part.get_filename() or "")


@settings(max_examples=100, deadline=None)
@given(contents())
def test_the_date_is_the_moment_of_acceptance_in_utc(content: Content) -> None:
    [written] = [value for name, value in raw_fields(build(content)) if name == "Date"]

    assert written.endswith(" +0000")
    assert (
        content.date.astimezone(UTC).replace(microsecond=0)
        == parsed(build(content))["Date"].datetime
    )


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=1, max_value=120), line_texts)
def test_many_recipients_are_folded_and_all_read_back(count: int, name: str) -> None:
    boxes = tuple(Mailbox(Address(f"recipient{n}", "example.com"), name) for n in range(count))
    data = build(replace(PLAIN, to=boxes))

    assert [box.address.wire for box in boxes] == [
        wire for _, wire in names_and_addresses(data, "To")
    ]
    assert max(map(len, data.split(b"\r\n"))) <= 78
