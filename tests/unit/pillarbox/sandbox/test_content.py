"""Content arrives as it was written, or not at all."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.sandbox.content import DottedContent
from pillarbox.sandbox.limits import Limits
from tests.unit.pillarbox.sandbox.talk import Talk, logged_in

BEGIN = b"MAIL FROM:<a@one.test>\r\nRCPT TO:<b@two.test>\r\n"


def _in_data(limits: Limits | None = None) -> Talk:
    talk = logged_in(limits)
    talk.say(BEGIN + b"DATA\r\n")
    return talk


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...x\r\na\r\n..b\r\n.\r\n", b"..x\r\na\r\n.b\r\n"),
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a.\r\n.\r\n", b"a.\r\n"),
    ],
)
def test_dots_are_unstuffed_once(wire: bytes, content: bytes) -> None:
    """RFC 5321 4.5.2."""
    talk = _in_data()
    assert talk.codes(wire) == [250]
    assert talk.kept[0].content == content


@given(
    lines=st.lists(st.text(st.sampled_from(".ab\0\N{SNOWMAN}"), max_size=5), max_size=6),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_any_content_arrives_whole_however_it_is_cut(lines: list[str], cuts: list[int]) -> None:
    content = "".join(f"{line}\r\n" for line in lines).encode()
    stuffed = "".join(f"{'.' if line[:1] == '.' else ''}{line}\r\n" for line in lines).encode()
    wire = stuffed + b".\r\n"
    talk = _in_data()
    bounds = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for start, stop in pairwise(bounds):
        talk.say(wire[start:stop])
    assert [mail.content for mail in talk.kept] == [content]


@pytest.mark.parametrize(
    "sequence",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n\x00.\n",
    ],
)
def test_a_sequence_that_only_looks_like_the_end_is_refused(sequence: bytes) -> None:
    """SMTP smuggling: CVE-2023-51764 to 51766."""
    talk = _in_data()
    smuggled = sequence + b"MAIL FROM:<smuggler@evil.test>\r\nRCPT TO:<b@two.test>\r\nDATA\r\n"
    answer = talk.say(b"A: b\r\n\r\nbody" + smuggled + b"x\r\n.\r\n")
    assert answer.startswith(b"521 5.5.2")
    assert answer.count(b"\r\n") == 1
    assert talk.is_closed
    assert talk.kept == []


@pytest.mark.parametrize("line", [b"NOOP\n", b"NO\rOP\r\n", b"NOOP\r\r\n"])
def test_a_bare_line_end_in_a_command_is_refused(line: bytes) -> None:
    talk = logged_in()
    assert talk.codes(line + b"NOOP\r\n") == [521]
    assert talk.is_closed


def test_a_line_that_is_too_long_is_refused() -> None:
    """RFC 5321 4.5.3.1.6: 998 octets and CRLF."""
    talk = _in_data()
    assert talk.codes(b"x" * 998 + b"\r\n.\r\n") == [250]
    talk.say(BEGIN + b"DATA\r\n")
    assert talk.codes(b"x" * 999 + b"\r\n.\r\n") == [554]


def test_a_declared_size_too_large_is_refused_at_mail() -> None:
    """RFC 1870 6.1."""
    talk = logged_in(Limits(message_size=100))
    assert talk.codes(b"MAIL FROM:<a@one.test> SIZE=101\r\n") == [552]
    assert talk.codes(b"MAIL FROM:<a@one.test> SIZE=100\r\n") == [250]


def test_too_much_data_is_552_after_its_end_and_the_session_goes_on() -> None:
    for size, code in ((98, 250), (99, 552), (100_000, 552)):
        talk = _in_data(Limits(message_size=100))
        lines = (b"x" * 48 + b"\r\n") * (size // 50)
        rest = b"y" * (size % 50) + b"\r\n"
        answers = [talk.codes(lines[at : at + 1000]) for at in range(0, len(lines), 1000)]
        assert not any(answers)
        assert talk.codes(rest + b".\r\nNOOP\r\n") == [code, 250]
        assert len(talk.kept) == (code == 250)


def test_stuffed_dots_do_not_count() -> None:
    """RFC 1870 3."""
    talk = _in_data(Limits(message_size=99))
    assert talk.codes(b"..\r\n" * 33 + b".\r\n") == [250]


def test_what_is_too_much_is_not_held() -> None:
    talk = _in_data(Limits(message_size=1000))
    for _ in range(100):
        talk.say(b"x" * 900 + b"\r\n")
    content = talk.session._intake._content
    assert isinstance(content, DottedContent)
    assert len(content._octets) < 10
