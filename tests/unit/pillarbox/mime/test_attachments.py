import pytest

from pillarbox.domain.message import Attachment
from pillarbox.mime.attachments import attachment_part
from pillarbox.mime.bodies import TransferEncoding
from pillarbox.mime.errors import UnbuildableError
from pillarbox.mime.folding import fold


def fields(filename: str, content_type: str = "application/pdf", data: bytes = b"") -> str:
    part = attachment_part(Attachment(filename, content_type, data), 0)
    return fold("Content-Type", part.content_type) + "".join(part.fields)


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        (
            "r.pdf",
            (
                'Content-Type: application/pdf; name="r.pdf"\r\n'
                'Content-Disposition: attachment; filename="r.pdf"\r\n'
            ),
        ),
        (
            'a "b" \\;c.pdf',
            (
                'Content-Type: application/pdf; name="a \\"b\\" \\\\;c.pdf"\r\n'
                'Content-Disposition: attachment; filename="a \\"b\\" \\\\;c.pdf"\r\n'
            ),
        ),
        (
            "naïve.pdf",
            (
                'Content-Type: application/pdf; name="=?utf-8?q?na=C3=AFve=2Epdf?="\r\n'
                "Content-Disposition: attachment; filename*=utf-8''na%C3%AFve.pdf\r\n"
            ),
        ),
        ("", "Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n"),
    ],
)
def test_a_file_name_goes_out_in_both_fields(filename: str, expected: str) -> None:
    """RFC 2183 and RFC 2231, and the `name` that older mail programs look at."""
    assert expected == fields(filename)


def test_a_long_name_is_split_into_sections_of_whole_characters() -> None:
    """RFC 2231 3 and 4; readers decode each section by itself."""
    written = fields("ü" * 100 + ".pdf")

    assert "filename*0*=utf-8''%C3%BC" in written
    assert "filename*1*=%C3%BC" in written
    assert 76 >= max(map(len, written.split("\r\n")))
    assert all(line.count("%C3") == line.count("%BC") for line in written.split("\r\n"))


def test_parameters_of_the_type_are_kept_but_for_the_name() -> None:
    """`method` of a calendar matters; a second `name` would contradict the file name."""
    written = fields("x.ics", 'Text/Calendar; Method=REQUEST;charset="utf-8"; name=other')

    assert written.startswith(
        'Content-Type: text/calendar; method=REQUEST; charset="utf-8"; name="x.ics"\r\n'
    )


@pytest.mark.parametrize(
    ("content_type", "data", "written_type", "encoding"),
    [
        ("text/plain", b"hi", "text/plain", TransferEncoding.BASE64),
        ("message/rfc822", b"Subject: x\n\nhi", "message/rfc822", TransferEncoding.SEVEN_BIT),
        ("message/rfc822", b"\xff", "application/octet-stream", TransferEncoding.BASE64),
        ("message/rfc822", b"a" * 999, "application/octet-stream", TransferEncoding.BASE64),
        ("message/global", "ü".encode(), "message/global", TransferEncoding.BASE64),
    ],
)
def test_messages_are_attached_as_they_are_or_as_files(
    content_type: str, data: bytes, written_type: str, encoding: TransferEncoding
) -> None:
    """RFC 2046 5.2.1 forbids base64 for message/rfc822; RFC 6532 3.7 allows it for global."""
    part = attachment_part(Attachment("m.eml", content_type, data), 0)

    assert f"{written_type};" == part.content_type[0]
    assert encoding is part.body.encoding


@pytest.mark.parametrize(
    ("attachment", "field"),
    [
        (Attachment("a\n", "a/b", b""), "attachments/3/filename"),
        (Attachment("a", "a", b""), "attachments/3/content_type"),
        (Attachment("a", "multipart/mixed", b""), "attachments/3/content_type"),
        (Attachment("a", "a/b", b"", "<x>"), "attachments/3/content_id"),
    ],
)
def test_what_cannot_be_written_names_its_field(attachment: Attachment, field: str) -> None:
    with pytest.raises(UnbuildableError) as caught:
        attachment_part(attachment, 3)

    assert field == caught.value.field
