"""Encodings undo to what they were made from, within the lines that readers expect."""

import base64
import quopri
from email.header import decode_header, make_header

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pillarbox.mime.bodies import TransferEncoding, base64_body, seven_bit_body, text_body
from pillarbox.mime.encoded_words import MAX_ENCODED_WORD, SHORTEST_LIMIT, encoded_words
from pillarbox.mime.folding import fold
from pillarbox.mime.parameters import split_content_type
from tests.laws.registry import law
from tests.property.mime_contents import body_texts, line_texts
from tests.property.mime_reader import with_crlf


@law("built-with-crlf")
@settings(max_examples=300, deadline=None)
@given(body_texts)
@example("a" * 73 + " \nb")
@example("a" * 74 + " \nb")
@example("a" * 75 + " ")
@example("a" * 74 + "\t")
@example("é" * 3 + "a" * 65 + "\t\r\n" * 3)
@example("=" * 200)
@example("x" * 400 + "é" * 26 + " ")
def test_a_body_is_undone_to_the_text_with_crlf(text: str) -> None:
    """RFC 2045 6.7 and 6.8: lines of 76 octets; as it is, of 78 and without trailing blanks."""
    body = text_body(text, "text")
    written = b"".join(body.pieces)
    longest = max(map(len, written.split(b"\r\n")))

    assert written.isascii()
    match body.encoding:
        case TransferEncoding.SEVEN_BIT:
            undone, limit = written, 78
        case TransferEncoding.QUOTED_PRINTABLE:
            undone, limit = quopri.decodestring(written), 76
        case TransferEncoding.BASE64:
            undone, limit = base64.b64decode(written), 76
    assert with_crlf(text).encode() == undone
    assert longest <= limit


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.integers(0, 200_000).map(bytes)))
def test_base64_lines_are_whole_and_undo_to_the_octets(data: bytes) -> None:
    written = b"".join(base64_body(data).pieces)
    lines = written.split(b"\r\n")

    assert data == base64.b64decode(written)
    assert {76} >= set(map(len, lines[:-2]))
    assert lines[-1] == b""


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=100), st.text("ab\r\n.", max_size=99).map(str.encode)))
def test_seven_bit_keeps_the_octets_but_for_line_ends(data: bytes) -> None:
    body = seven_bit_body(data)

    if body is None:
        assert not data.isascii() or b"\0" in data
    else:
        assert with_crlf(data.decode()).encode() == b"".join(body.pieces)


@settings(max_examples=300, deadline=None)
@given(
    line_texts,
    st.integers(SHORTEST_LIMIT, MAX_ENCODED_WORD),
    st.integers(SHORTEST_LIMIT, MAX_ENCODED_WORD),
)
def test_encoded_words_decode_each_by_itself_and_fit(text: str, limit: int, first: int) -> None:
    """RFC 2047 2 and 5: at most 75 octets each, and no character split between two."""
    words = encoded_words(text, limit, first)

    assert text == "".join(str(make_header(decode_header(word))) for word in words)
    assert all(len(word) <= limit for word in words[1:])
    assert all(len(word) <= first for word in words[:1])


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab   ", max_size=400))
def test_folding_is_undone_space_for_space(value: str) -> None:
    """RFC 5322 2.2.3: unfolding removes the line ends and nothing else."""
    value = value.strip(" ")
    folded = fold("X-Order", value.split(" ") if value else [])

    assert f"X-Order:{' ' if value else ''}{value}" == folded.replace("\r\n", "")
    assert not any(line.isspace() for line in folded.split("\r\n"))


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60), st.from_regex(r"\A[a-z]+/[a-z]+( *; *[a-z]+=([a-z]+|\"[^\"]*\"))*\Z")
    )
)
def test_a_content_type_that_passes_has_no_line_end(text: str) -> None:
    split = split_content_type(text)

    if split is not None:
        media_type, parameters = split
        assert text.lower().startswith(media_type)
        assert all(value.isprintable() and value.isascii() for _, value in parameters)
