"""Content on its way through DATA."""

import pytest

from tests.laws.registry import law
from workers.smtp.data import (
    BLOCK_OCTETS,
    TERMINATOR,
    DataEncoder,
    WireContent,
)


def encoded(content: bytes) -> bytes:
    """Return all that would follow 354, but the terminator."""
    return b"".join(WireContent.of(content).blocks())


@law("dots-doubled", "last-line-ends")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", b""),
        (b"a\r\n", b"a\r\n"),
        (b"a", b"a\r\n"),
        (b".", b"..\r\n"),
        (b"..", b"...\r\n"),
        (b".x\r\n", b"..x\r\n"),
        (b"a\r\n.\r\nb", b"a\r\n..\r\nb\r\n"),
        (b"a\r\n.", b"a\r\n..\r\n"),
        (b"a.b\r\n", b"a.b\r\n"),
        (b"\r\n.\r\n", b"\r\n..\r\n"),
        (b"a\r", b"a\r\n"),
        (b"a\n", b"a\r\n"),
        (b"a\r\n\r\n", b"a\r\n\r\n"),
    ],
)
def test_dots_are_doubled_and_the_last_line_ends(content: bytes, expected: bytes) -> None:
    """RFC 5321 4.5.2: every line that begins with a dot, and only those."""
    assert expected == encoded(content)


@law("no-smuggling")
@pytest.mark.parametrize(
    "smuggled", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n\r.\r\n"]
)
def test_no_other_line_end_can_end_the_data(smuggled: bytes) -> None:
    """CVE-2023-51764 and its kin: on the wire only CRLF, and no lone dot on a line."""
    wire = encoded(b"a" + smuggled + b"MAIL FROM:<evil@example.com>\r\n")

    assert wire.count(b"\r\n") == wire.count(b"\r") == wire.count(b"\n")
    assert b"\r\n.\r\n" not in wire


@law("dots-doubled")
@pytest.mark.parametrize("size", range(1, 9))
def test_a_dot_at_the_edge_of_a_chunk_is_doubled(size: int) -> None:
    """CVE-2021-38189: the state is carried over every boundary."""
    content = b".a\r\n.\r\n..\r\r\n\n.\r.b\r\n."
    encoder = DataEncoder()

    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    cut = b"".join([*map(encoder.encode, chunks), encoder.finish()])

    assert encoded(content) == cut


@law("dots-doubled")
@pytest.mark.parametrize("shift", range(-4, 3))
def test_a_dot_at_the_edge_of_a_block_is_doubled(shift: int) -> None:
    """The same where large content is cut into blocks."""
    content = b"x" * (BLOCK_OCTETS + shift) + b"\r\n.\r\n" + b"y" * 10

    assert content.replace(b"\r\n.", b"\r\n..") + b"\r\n" == encoded(content)


@law("uncertain-after-the-end")
def test_the_terminator_begins_with_its_dot() -> None:
    """The CRLF before the dot belongs to the content, so the count of bytes is honest."""
    assert TERMINATOR.startswith(b".")


@law("size-first")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", 0),
        (b"a", 3),
        (b"a\r\n", 3),
        (b".\r\n", 3),
        (b"a\nb", 6),
        (b"a\rb\r\n", 6),
        (b"a\r\n\r", 5),
        ("é\r\n".encode(), 4),
    ],
)
def test_the_declared_size_is_that_of_the_octets_with_their_crlf(
    content: bytes, expected: int
) -> None:
    """RFC 1870 5: after line ends are put right, before dots are doubled."""
    assert expected == WireContent.of(content).size
