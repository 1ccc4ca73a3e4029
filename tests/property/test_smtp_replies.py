"""Whatever a server says, and however it is cut: the same replies, or the same refusal."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.domain.reply import Verb
from tests.laws.registry import law
from workers.smtp.errors import ProtocolViolationError
from workers.smtp.parser import MAX_TEXT, RawReply, ReplyParser, raw_from, reply_to

texts = st.binary(max_size=40).map(lambda octets: octets.translate(None, b"\r\n"))


@st.composite
def replies(draw: st.DrawFn) -> tuple[bytes, RawReply]:
    """Draw a reply as a server would write it, and what it is."""
    code = draw(st.integers(200, 599))
    lines = draw(st.lists(texts, min_size=1, max_size=4))
    ends = st.sampled_from([b"\r\n", b"\n"])
    wire = b"".join(b"%d-%s%s" % (code, line, draw(ends)) for line in lines[:-1])
    return wire + b"%d %s%s" % (code, lines[-1], draw(ends)), RawReply(code, tuple(lines))


def read(chunks: list[bytes]) -> list[RawReply | str]:
    """Feed chunks, and return the replies, and a mark for a violation."""
    parser = ReplyParser()
    found: list[RawReply | str] = []
    for chunk in chunks:
        parser.feed(chunk)
        try:
            while (said := parser.next()) is not None:
                found.append(raw_from(said) if isinstance(said, bytes) else said)
        except ProtocolViolationError:
            return [*found, "violation"]
    return found


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at these places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@law("replies-cut-anywhere")
@given(st.lists(replies(), max_size=5), st.lists(st.integers(0, 10_000), max_size=8))
def test_replies_survive_any_cut(
    conversation: list[tuple[bytes, RawReply]], places: list[int]
) -> None:
    """TCP keeps no boundaries."""
    wire = b"".join(written for written, _ in conversation)

    assert [reply for _, reply in conversation] == read(cut(wire, places))


@law("no-smtp")
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_garbage_is_refused_the_same_however_it_is_cut(data: bytes, places: list[int]) -> None:
    """And never anything but a reply or a violation."""
    assert read([data]) == read(cut(data, places))


@law("undecodable-replies", "printable-replies")
@given(
    st.integers(200, 599),
    st.lists(st.binary(max_size=3_000), min_size=1, max_size=4),
    st.sampled_from(list(Verb)),
)
def test_what_is_kept_of_a_reply_is_printable_and_bounded(
    code: int, lines: list[bytes], verb: Verb
) -> None:
    """Whatever was sent, it can be shown, logged and stored."""
    reply = reply_to(verb, RawReply(code, tuple(lines)))

    assert reply.text.replace("\n", " ").isprintable()
    assert len(reply.text) <= MAX_TEXT
    assert (code, verb) == (reply.code, reply.command)
