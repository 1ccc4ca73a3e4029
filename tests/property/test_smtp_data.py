"""What is sent through DATA is what arrives, and nothing but the terminator ends it."""

from hypothesis import given
from hypothesis import strategies as st

from tests.laws.registry import law
from workers.smtp.data import DataEncoder, WireContent, with_crlf

spiteful = st.text(alphabet="a.\r\n\0", max_size=60).map(str.encode)


def received(wire: bytes) -> bytes:
    """Undo the dots as RFC 5321 4.5.2 tells a server to."""
    lines = wire.split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


def canonical(content: bytes) -> bytes:
    """Return the content as a server should have it."""
    lines = with_crlf(content)
    return lines if not lines or lines.endswith(b"\r\n") else lines + b"\r\n"


@law("dots-doubled", "dots-not-in-chunks", "last-line-ends")
@given(spiteful)
def test_received_is_sent(content: bytes) -> None:
    """Undoubling the dots gives back the content, its last line ended."""
    assert canonical(content) == received(b"".join(WireContent.of(content).blocks()))


@law("no-smuggling")
@given(spiteful)
def test_no_lone_dot_and_no_bare_line_end_is_on_the_wire(content: bytes) -> None:
    """Nothing but the terminator can end the data."""
    wire = b"".join(WireContent.of(content).blocks())

    assert b"\r\n.\r\n" not in b"\r\n" + wire
    assert wire.count(b"\r\n") == wire.count(b"\r") == wire.count(b"\n")
    assert not wire or wire.endswith(b"\r\n")


@law("dots-doubled")
@given(spiteful, st.integers(1, 8))
def test_chunks_make_no_difference(content: bytes, size: int) -> None:
    """Cut anywhere, it is the same on the wire."""
    encoder = DataEncoder()
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    cut = b"".join([*map(encoder.encode, chunks), encoder.finish()])

    assert b"".join(WireContent.of(content).blocks()) == cut


@law("size-first")
@given(spiteful)
def test_the_declared_size_is_what_the_server_will_count(content: bytes) -> None:
    """With its CRLFs, and without the doubled dots."""
    assert len(canonical(content)) == WireContent.of(content).size
