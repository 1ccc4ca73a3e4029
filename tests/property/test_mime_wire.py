"""The bytes are such as every relay takes, and hold the fields that were asked for only."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pillarbox.domain.address import Address, Mailbox
from pillarbox.domain.message import Attachment, Content
from pillarbox.mime.builder import build, needs_smtputf8
from pillarbox.mime.errors import UnbuildableError
from pillarbox.mime.size import measured_size, size_bound
from tests.laws.registry import law
from tests.property.mime_contents import (
    CONTROL_CHARACTERS,
    PLAIN,
    attachments,
    contents,
)
from tests.property.mime_reader import parsed, raw_fields

MESSAGES = st.builds(
    Attachment,
    filename=st.just("m.eml"),
    content_type=st.sampled_from(["message/rfc822", "message/global", "message/delivery-status"]),
    content=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="ab:.\r\n", max_size=200).map(str.encode),
        st.just(b"a" * 1200),
    ),
)


def fields_asked_for(content: Content) -> list[str]:
    lists = (("Reply-To", content.reply_to), ("To", content.to), ("Cc", content.cc))
    names = ["Date", "From", *(name for name, boxes in lists if boxes), "Subject", "Message-ID"]
    names += [name for name, _ in content.headers]
    names += ["MIME-Version", "Content-Type"]
    is_single = not content.attachments and (content.text is None or content.html is None)
    is_related = content.html is not None and any(file.content_id for file in content.attachments)
    if is_single and not is_related:
        names.append("Content-Transfer-Encoding")
    return names


@law("built-with-crlf", "short-lines")
@settings(max_examples=200, deadline=None)
@given(contents(files=attachments | MESSAGES))
def test_only_crlf_short_lines_and_ascii_go_out(content: Content) -> None:
    """RFC 5321 2.3.8, 4.5.3.1.6 and 2.3.1; UTF-8 only where SMTPUTF8 is needed anyway."""
    data = build(content)

    assert re.search(rb"\r(?!\n)|(?<!\r)\n|\0", data) is None
    assert max(map(len, data.split(b"\r\n"))) <= 998
    head, _, body = data.partition(b"\r\n\r\n")
    assert body.isascii()
    assert head.isascii() or needs_smtputf8(content)
    assert not any(line.isspace() or not line for line in head.split(b"\r\n"))


@law("blind-copies-are-blind")
@settings(max_examples=200, deadline=None)
@given(contents())
def test_the_header_has_the_fields_that_were_asked_for_and_no_other(content: Content) -> None:
    """No value of any field can add, end or remove another."""
    data = build(content)

    assert fields_asked_for(content) == [name for name, _ in raw_fields(data)]
    assert fields_asked_for(content) == list(parsed(data).keys())


@settings(max_examples=50, deadline=None)
@given(contents())
def test_building_twice_gives_the_same_bytes(content: Content) -> None:
    """The source of a message never changes, so a retry sends what was sent."""
    assert build(content) == build(replace(content))


@settings(max_examples=200, deadline=None)
@given(contents(files=attachments | MESSAGES))
def test_the_bound_is_never_below_the_size(content: Content) -> None:
    """A limit that is checked against the bound is never passed by the bytes."""
    size = len(build(content))

    assert size <= size_bound(content) <= 3 * size + 4096
    assert size == measured_size(content, limit=0)


@settings(max_examples=30, deadline=None)
@given(
    st.text(alphabet="abcdefgh \n", max_size=3000),
    st.sampled_from(["The quick brown fox jumps.\n", "Größe und Maß tun gut.\n", "日本語です。\n"]),
    st.integers(min_value=0, max_value=3000),
)
def test_the_bound_is_near_the_size_of_ordinary_content(text: str, line: str, lines: int) -> None:
    """Otherwise acceptance would build each larger message to measure it."""
    file = Attachment("report.pdf", "application/pdf", b"x" * lines * 7)
    content = replace(PLAIN, text=text, html=line * lines, attachments=(file,))

    assert size_bound(content) <= len(build(content)) * 1.6 + 4096


def _subject(value: str) -> Content:
    return replace(PLAIN, subject=value)


def _sender_name(value: str) -> Content:
    return replace(PLAIN, sender=Mailbox(Address("a", "b.test"), value))


def _to_local_part(value: str) -> Content:
    return replace(PLAIN, to=(Mailbox(Address(value, "b.test")),))


def _cc_domain(value: str) -> Content:
    return replace(PLAIN, cc=(Mailbox(Address("a", value)),))


def _reply_to_name(value: str) -> Content:
    return replace(PLAIN, reply_to=(Mailbox(Address("a", "b.test"), value),))


def _header_name(value: str) -> Content:
    return replace(PLAIN, headers=((value, "x"),))


def _header_value(value: str) -> Content:
    return replace(PLAIN, headers=(("X-Order", value),))


def _message_id(value: str) -> Content:
    return replace(PLAIN, internet_message_id=f"<{value}@acme.test>")


def _filename(value: str) -> Content:
    return replace(PLAIN, attachments=(Attachment(value, "image/png", b""),))


def _content_type(value: str) -> Content:
    return replace(PLAIN, attachments=(Attachment("a", value, b""),))


def _content_type_parameter(value: str) -> Content:
    return replace(PLAIN, attachments=(Attachment("a", f'text/csv; charset="{value}"', b""),))


def _content_id(value: str) -> Content:
    return replace(PLAIN, attachments=(Attachment("a", "image/png", b"", value),))


FIELDS = [
    _subject,
    _sender_name,
    _to_local_part,
    _cc_domain,
    _reply_to_name,
    _header_name,
    _header_value,
    _message_id,
    _filename,
    _content_type,
    _content_type_parameter,
    _content_id,
]


@law("header-injection")
@pytest.mark.parametrize("put", FIELDS)
@pytest.mark.parametrize("form", ["{}", "a{}b", "a\r\n{}Bcc: x@y", "a{}\r\n b", "ä{}"])
def test_no_field_lets_a_control_character_through(put: object, form: str) -> None:
    """The last line of defence: whatever validation did, such bytes are never built."""
    assert callable(put)
    for character in CONTROL_CHARACTERS:
        with pytest.raises(UnbuildableError):
            build(put(form.format(character)))


@pytest.mark.parametrize("put", FIELDS)
def test_an_escaped_line_end_is_only_text(put: object) -> None:
    """Nothing here decodes `%0d%0a`: it goes out to the letter or not at all."""
    assert callable(put)
    content = put("a%0d%0aBcc:%20x@y.test")
    assert isinstance(content, Content)
    try:
        data = build(content)
    except UnbuildableError:
        return
    assert "Bcc" not in parsed(data)
    assert fields_asked_for(content) == [name for name, _ in raw_fields(data)]


@law("header-injection")
@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FIELDS), st.text(max_size=30), st.sampled_from(["\r\n", "\n", "\r", ""]))
def test_any_text_in_any_field_adds_no_field(put: object, text: str, end: str) -> None:
    assert callable(put)
    content = put(f"{text}{end}Bcc: x@y.test")
    assert isinstance(content, Content)
    try:
        data = build(content)
    except UnbuildableError:
        return
    assert fields_asked_for(content) == [name for name, _ in raw_fields(data)]
    assert max(map(len, data.split(b"\r\n"))) <= 998
