"""What validation lets through, the builder can write: a 202 is never unbuildable."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pillarbox.domain.message import Attachment
from pillarbox.mime import fields
from pillarbox.mime.builder import build
from tests.property.mime_contents import PLAIN, filenames, line_texts

VALUES = st.one_of(
    st.text(max_size=60),
    line_texts,
    st.builds(
        "{}{}".format, st.integers(0, 998).map("v".__mul__), st.sampled_from(["", " v", "ä"])
    ),
)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.sampled_from(["X-Order", "References", "List-Id", "n" * 64]), st.text(max_size=8)),
    VALUES,
)
@example("n" * 64, "v" * 998)
@example("X", "v" * 997)
def test_a_header_without_fault_is_built(name: str, value: str) -> None:
    faults = fields.header_name_faults(name) or fields.header_value_faults(name, value)
    if faults or name.lower() == "message-id":
        return
    data = build(replace(PLAIN, headers=((name, value),)))

    assert max(map(len, data.split(b"\r\n"))) <= 998


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_a_subject_without_fault_is_built(subject: str) -> None:
    assert fields.subject_faults(subject) or build(replace(PLAIN, subject=subject))


@settings(max_examples=100, deadline=None)
@given(VALUES | st.sampled_from(["<a@b>", "<@>", "<a@[1.2]>", "<a.@b>", "<" + "a" * 253 + "@b>"]))
def test_a_message_id_without_fault_is_built(message_id: str) -> None:
    assert fields.message_id_faults(message_id) or build(
        replace(PLAIN, internet_message_id=message_id)
    )


@settings(max_examples=200, deadline=None)
@given(
    filenames | st.text(max_size=20),
    st.sampled_from(
        ["a/b", "text/csv; charset=x", "message/rfc822", "multipart/mixed", "a", "é/x"]
    ),
    st.none() | st.sampled_from(["logo", "<logo>", "a b", "ü", "x" * 300]) | st.text(max_size=5),
)
def test_an_attachment_without_fault_is_built(
    filename: str, content_type: str, content_id: str | None
) -> None:
    if (
        fields.filename_faults(filename)
        or fields.content_type_faults(content_type)
        or (content_id is not None and fields.content_id_faults(content_id))
    ):
        return
    file = Attachment(filename, content_type, b"x", content_id)

    assert build(replace(PLAIN, html="<p>", attachments=(file,)))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=50))
def test_a_body_without_fault_is_built(text: str) -> None:
    assert fields.body_faults(text) or build(replace(PLAIN, text=text, html=text))
