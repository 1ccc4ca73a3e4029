"""Replies from bytes (RFC 5321 4.2)."""

import json
from collections.abc import Callable

import pytest

from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law
from workers.smtp import parser
from workers.smtp.errors import ProtocolViolationError
from workers.smtp.parser import RawReply, ReplyParser, raw_from, reply_to


def raws(replies: ReplyParser) -> list[RawReply]:
    """Take what has come, and read it."""
    found: list[RawReply] = []
    while (said := replies.next()) is not None:
        found.append(raw_from(said) if isinstance(said, bytes) else said)
    return found


def reply_from(raw: RawReply, verb: Verb) -> Reply:
    """Read a reply as a session does: one line as that line."""
    if len(raw.lines) > 1:
        return reply_to(verb, raw)
    return reply_to(verb, b"%d %s\r" % (raw.code, raw.lines[0]))


def whole(data: bytes) -> list[RawReply]:
    """Feed everything at once."""
    replies = ReplyParser()
    replies.feed(data)
    return raws(replies)


def byte_by_byte(data: bytes) -> list[RawReply]:
    """Feed one byte at a time."""
    replies = ReplyParser()
    found = []
    for place in range(len(data)):
        replies.feed(data[place : place + 1])
        found += raws(replies)
    return found


@law("replies-cut-anywhere", "odd-line-ends", "torn-replies")
@pytest.mark.parametrize("read", [whole, byte_by_byte])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"250 ok\r\n", [RawReply(250, (b"ok",))]),
        (b"250\r\n", [RawReply(250, (b"",))]),
        (b"250\n", [RawReply(250, (b"",))]),
        (b"250 ok\n", [RawReply(250, (b"ok",))]),
        (b"334 \r\n", [RawReply(334, (b"",))]),
        (b"334\r\n", [RawReply(334, (b"",))]),
        (b"250\tok\r\n", [RawReply(250, (b"ok",))]),
        (b"250-\r\n250\r\n", [RawReply(250, (b"", b""))]),
        (b"250-a\r\n250-b\r\n250 c\r\n", [RawReply(250, (b"a", b"b", b"c"))]),
        (
            b"250 a\r\n550 b\r\n354 c\r\n",
            [RawReply(250, (b"a",)), RawReply(550, (b"b",)), RawReply(354, (b"c",))],
        ),
        (b"220-x\r\n521 blocked\r\n", [RawReply(521, (b"x", b"blocked"), torn=True)]),
        (b"250 ok\r\r\n", [RawReply(250, (b"ok",))]),
        (b"250 a", []),
        (b"250-a\r\n", []),
    ],
)
def test_replies_are_read_however_the_bytes_are_cut(
    read: Callable[[bytes], list[RawReply]], data: bytes, expected: list[RawReply]
) -> None:
    """One byte at a time or several replies at once, it is the same talk."""
    assert expected == read(data)


@law("no-smtp")
@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"000 zero\r\n",
        b"199 wait\r\n",
        b"600 beyond\r\n",
        b"25 short\r\n",
        b"2500 long\r\n",
        b"250ok\r\n",
        b" 250 ok\r\n",
        b"\r\n",
        b"\x16\x03\x01\x00\xa5\x01\n",
        b"250-a\r\nwelcome\r\n",
        "\N{FULLWIDTH DIGIT TWO}50 ok\r\n".encode(),
    ],
)
def test_what_is_no_reply_is_a_protocol_violation(data: bytes) -> None:
    """Garbage, HTTP, 1yz and 6yz end the connection; there is no way back into step."""
    with pytest.raises(ProtocolViolationError):
        whole(data)


@law("endless-replies")
def test_an_endless_line_is_given_up_before_it_ends() -> None:
    """A line costs at most its limit in memory, though its end never comes."""
    replies = ReplyParser()
    replies.feed(b"250 " + b"x" * parser.MAX_LINE_OCTETS)

    with pytest.raises(ProtocolViolationError):
        replies.next()


@law("endless-replies")
def test_a_whole_line_beyond_the_limit_is_refused_too() -> None:
    """The limit does not depend on how the bytes are cut."""
    with pytest.raises(ProtocolViolationError):
        whole(b"250 " + b"x" * parser.MAX_LINE_OCTETS + b"\r\n")


@law("endless-replies")
def test_an_endless_reply_is_given_up() -> None:
    """`250-x` for ever."""
    with pytest.raises(ProtocolViolationError):
        whole(b"250-x\r\n" * (parser.MAX_LINES + 1))


@law("endless-replies")
def test_a_reply_of_too_many_octets_is_given_up() -> None:
    """Many long lines, each within its limit."""
    line = b"250-" + b"x" * 4_000 + b"\r\n"

    with pytest.raises(ProtocolViolationError):
        whole(line * 20)


@law("undecodable-replies")
def test_text_that_is_not_utf8_is_kept_with_marks() -> None:
    """GBK from QQ crashed clients; what is stored is text that JSON can carry."""
    reply = reply_from(RawReply(550, ("发信IP被禁止".encode("gbk"),)), Verb.MAIL)

    assert "\N{REPLACEMENT CHARACTER}" in reply.text
    assert reply.text == json.loads(json.dumps(reply.text).encode())


@law("undecodable-replies")
def test_utf8_cut_between_two_reads_is_whole_again() -> None:
    """A character may be split at the edge of a chunk."""
    (raw,) = byte_by_byte("250 größe 例\r\n".encode())

    assert reply_from(raw, Verb.RCPT).text == "größe 例"


@law("printable-replies")
@pytest.mark.parametrize(
    "evil", ["\x1b[2J", "\x00", "\x7f", "\x85", "\u2028", "\u202e", "\r", "\x9b31m"]
)
def test_control_characters_of_a_reply_are_replaced(evil: str) -> None:
    """What a server says reaches terminals, logs and webhooks."""
    reply = reply_from(RawReply(550, (f"no{evil}yes".encode(),)), Verb.RCPT)

    assert reply.text.isprintable()
    assert reply.text.startswith("no\N{REPLACEMENT CHARACTER}")


@law("printable-replies")
def test_a_long_text_is_cut_with_a_mark() -> None:
    """What is stored is bounded, and says that it was cut."""
    lines = tuple(b"x" * 1_000 for _ in range(10))

    text = reply_from(RawReply(550, lines), Verb.RCPT).text

    assert parser.MAX_TEXT == len(text)
    assert text.endswith(parser.CUT)


@law("printable-replies")
def test_a_line_of_ten_thousand_octets_is_a_reply_and_cut() -> None:
    """A refusal that quotes what it refuses is a refusal, and not a loss of step."""
    parsed = whole(b"550 5.7.1 " + b"x" * 10_000 + b"\r\n")

    [reply] = [reply_from(raw, Verb.END_OF_DATA) for raw in parsed]

    assert (550, "5.7.1") == (reply.code, reply.enhanced)
    assert parser.MAX_TEXT == len(reply.text)


@law("enhanced-codes")
@pytest.mark.parametrize(
    ("code", "lines", "verb", "enhanced", "text"),
    [
        (550, [b"5.1.1 no such user"], Verb.RCPT, "5.1.1", "no such user"),
        (550, [b"5.1.1\tno"], Verb.RCPT, "5.1.1", "no"),
        (550, [b"5.1.1"], Verb.RCPT, "5.1.1", ""),
        (550, [b"5.1.1 no", b"5.1.1 such", b"5.1.1 user"], Verb.RCPT, "5.1.1", "no\nsuch\nuser"),
        (550, [b"5.1.1 no", b"see 5.1.1"], Verb.RCPT, "5.1.1", "no\nsee 5.1.1"),
        (554, [b"4.4.7 expired"], Verb.END_OF_DATA, "4.4.7", "expired"),
        (550, [b"5.7.606 banned"], Verb.MAIL, "5.7.606", "banned"),
        (550, [b"7.7.1 odd"], Verb.MAIL, None, "7.7.1 odd"),
        (550, [b"no user (#5.1.1)"], Verb.RCPT, None, "no user (#5.1.1)"),
        (550, [b"#5.7.1 no"], Verb.RCPT, None, "#5.7.1 no"),
        (550, [b"5.1.1.2 host"], Verb.RCPT, None, "5.1.1.2 host"),
        (550, [b"5.1.1234 x"], Verb.RCPT, None, "5.1.1234 x"),
        (354, [b"2.0.0 go"], Verb.DATA, None, "2.0.0 go"),
        (220, [b"2.0.0 x"], Verb.GREETING, None, "2.0.0 x"),
        (554, [b"5.7.1 go away"], Verb.GREETING, "5.7.1", "go away"),
    ],
)
def test_the_enhanced_code_is_what_begins_the_text_and_is_well_formed(
    code: int, lines: list[bytes], verb: Verb, enhanced: str | None, text: str
) -> None:
    """RFC 2034 4: never searched for, never corrected, taken off each line that repeats it."""
    expected = Reply(code=code, text=text, command=verb, enhanced=enhanced)

    assert expected == reply_from(RawReply(code, tuple(lines)), verb)


def test_a_reply_knows_the_command_it_answers() -> None:
    """The same line answers two commands: each gets its own reply."""
    raw = RawReply(250, (b"2.0.0 ok",))

    commands = [reply_from(raw, verb).command for verb in (Verb.RSET, Verb.NOOP)]

    assert [Verb.RSET, Verb.NOOP] == commands
