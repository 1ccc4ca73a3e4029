"""A session's bytes over a stream whose clock the test holds."""

import pytest

from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law
from tests.unit.workers.smtp.carrying import carry, codes, to
from tests.unit.workers.smtp.scripted_stream import ScriptedStream
from workers.smtp.commands import NOOP, ehlo
from workers.smtp.connection import Connection
from workers.smtp.ending import Ending
from workers.smtp.errors import FaultCode, TimedOutError
from workers.smtp.pump import LOOK_SECONDS
from workers.smtp.timeouts import Timeouts
from workers.smtp.transmission import transmit_all

TAKEN = b"250 a\r\n250 b\r\n354 c\r\n"
QUEUED = b"250 2.0.0 queued\r\n"
BODY = b"Subject: x\r\n\r\nhello\r\n"
BIG = b"Subject: x\r\n\r\n" + b"0123456789abcd\r\n" * 20_000


def introduced(ending: Ending | None = None) -> tuple[Connection, ScriptedStream]:
    """Make a connection that has been through EHLO, and its stream."""
    stream = ScriptedStream()
    stream.arrive(b"220 hello\r\n")
    stream.answer(b"EHLO client.test\r\n", b"250-relay.test\r\n250 PIPELINING\r\n")
    connection = Connection(stream, "relay.test:25", Timeouts(), stream.clock, ending)
    connection.settled()
    connection.call(ehlo("client.test"))
    return connection, stream


@law("refusal-amid-content")
def test_what_was_said_before_a_broken_pipe_is_heard() -> None:
    """The refusal comes after the last look, and before the write that fails."""
    connection, stream = introduced()
    stream.answer(b"DATA\r\n", TAKEN)
    stream.room = 40_000
    stream.broken_after = len(stream.sent) + 100_000
    stream.last_words = b"552 5.3.4 too big\r\n"

    result = carry(connection, to("a", content=BIG))

    assert (Reply(552, "too big", Verb.END_OF_DATA, "5.3.4"),) == result.verdicts
    assert (False, False) == (result.data_may_have_ended, result.usable)


@law("421-anywhere")
@pytest.mark.parametrize("said", [b"421 4.4.2 idle\r\n", b"250 2.0.0 ok\r\n", b"4", b""])
def test_what_is_said_between_two_messages_is_nobodys_answer(said: bytes) -> None:
    """Not MAIL's; the next message is not even begun, and can go on a fresh connection."""
    connection, stream = introduced()
    stream.answer(b"DATA\r\n", TAKEN)
    stream.answer(b".\r\n", QUEUED)
    assert [250] == codes(carry(connection, to("a")))
    sent = stream.sent
    stream.arrive(said)

    result = carry(connection, to("b"))

    assert sent == stream.sent
    assert (True, False, True) == (result.stale, result.usable, stream.closed)


@law("patience-at-the-end")
def test_the_reply_to_the_end_of_data_may_take_nine_minutes() -> None:
    """RFC 1047: it still counts."""
    connection, stream = introduced()
    stream.answer(b"DATA\r\n", TAKEN)
    stream.answer(b".\r\n", (540.0, QUEUED))

    assert [250] == codes(carry(connection, to("a")))


@law("uncertain-after-the-end", "patience-at-the-end")
def test_and_not_eleven() -> None:
    """Then nobody knows, and the late reply is never read."""
    connection, stream = introduced()
    stream.answer(b"DATA\r\n", TAKEN)
    stream.answer(b".\r\n", (660.0, QUEUED))

    assert [FaultCode.REPLY_LOST] == codes(carry(connection, to("a")))
    assert (600.0, True) == (stream.now, stream.closed)


@pytest.mark.parametrize("said", [b"", b"250 a\r\n", b"250 a\r\n250 b\r\n"])
def test_the_end_of_our_process_does_not_wait_for_a_relay_that_hangs(said: bytes) -> None:
    """Before the end of data: the message is as it was, and another process may send it."""
    ending = Ending()
    connection, stream = introduced(ending)
    stream.answer(b"DATA\r\n", *[said] * bool(said))
    ending.at = 5.0

    result = carry(connection, to("a"))

    assert (True, False, True) == (result.stopped, result.data_may_have_ended, stream.closed)
    assert 5.0 <= stream.now <= 5.0 + LOOK_SECONDS


@law("uncertain-after-the-end")
def test_the_end_of_our_process_waits_for_the_verdict_on_what_was_handed_over() -> None:
    """Nobody else can hear it, and without it the message may be sent twice."""
    ending = Ending()
    connection, stream = introduced(ending)
    stream.answer(b"DATA\r\n", TAKEN)
    stream.answer(b".\r\n", (60.0, QUEUED))
    ending.at = 5.0

    assert [250] == codes(carry(connection, to("a")))


@law("endless-replies")
def test_single_bytes_do_not_prolong_a_deadline() -> None:
    """A byte a second for ever ends when the reply is due."""
    stream = ScriptedStream()
    for _ in range(1_000):
        stream.arrive(b"2", 1.0)
    connection = Connection(stream, "relay.test:25", Timeouts(), stream.clock)

    with pytest.raises(TimedOutError):
        connection.settled()
    assert 300.0 == stream.now


def test_each_reply_of_a_group_has_its_own_deadline() -> None:
    """RFC 5321 4.5.3.2: 200 s for MAIL and 200 s more for RCPT are both in time."""
    connection, stream = introduced()
    replies = ((200.0, b"250 a\r\n"), (200.0, b"250 b\r\n"), (100.0, b"354 c\r\n"))
    stream.answer(b"DATA\r\n", *replies)
    stream.answer(b".\r\n", QUEUED)

    assert [250] == codes(carry(connection, to("a")))
    assert 500.0 == stream.now


@law("uncertain-after-the-end")
@pytest.mark.parametrize("room", [1, 7, 1_000])
@pytest.mark.parametrize("more", range(-3, 3))
def test_the_end_may_have_come_with_the_terminators_first_byte(room: int, more: int) -> None:
    """Counted in bytes handed over, however few at a time; the CRLF before it is content."""
    connection, stream = introduced()
    stream.answer(b"DATA\r\n", TAKEN)
    stream.room = room
    envelope = b"MAIL FROM:<s@example.com>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n"
    stream.broken_after = len(stream.sent) + len(envelope) + len(BODY) + more

    result = carry(connection, to("a", content=BODY))

    expected = FaultCode.REPLY_LOST if more > 0 else FaultCode.CONNECTION_LOST
    assert (more > 0, [expected]) == (result.data_may_have_ended, codes(result))


@law("writes-end")
def test_a_peer_that_takes_nothing_meets_the_deadline_of_a_block() -> None:
    """180 s without room, however much was taken of a block before."""
    connection, stream = introduced()
    stream.answer(b"DATA\r\n", TAKEN)
    stream.full_after = len(stream.sent) + 100_000

    result = carry(connection, to("a", content=BIG))

    assert [FaultCode.TIMEOUT] == codes(result)
    assert (180.0, False) == (stream.now, result.data_may_have_ended)


def test_a_command_alone_is_asked_and_answered() -> None:
    """What `relay check` is made of."""
    connection, stream = introduced()
    stream.answer(b"NOOP\r\n", b"250 2.0.0 here\r\n")

    assert Reply(250, "here", Verb.NOOP, "2.0.0") == connection.call(NOOP)
    assert "ready" in repr(connection)


@law("quit-changes-nothing")
@pytest.mark.parametrize(("timeout", "expected"), [(None, 5.0), (0.5, 0.5), (0.0, 0.0)])
def test_the_goodbye_is_waited_for_as_long_as_it_may(
    timeout: float | None, expected: float
) -> None:
    """A caller in a hurry waits less than the usual five seconds, or not at all."""
    connection, stream = introduced()
    before = stream.now

    connection.quit(timeout)

    assert stream.sent.endswith(b"QUIT\r\n")
    assert (expected, True) == (stream.now - before, stream.closed)


@law("one-write")
def test_a_peer_that_says_a_part_is_told_at_once_that_it_has_come() -> None:
    """RFC 896: Postfix holds an envelope's replies back until those before are acknowledged."""
    connection, stream = introduced()
    stream.answer(b"DATA\r\n", TAKEN)
    stream.answer(b"DATA\r\n", QUEUED, (0.01, TAKEN))
    stream.answer(b".\r\n", QUEUED)

    results = transmit_all(connection, [to("a"), to("b")], lambda: True)

    assert [[250], [250]] == [codes(result) for result in results]
    assert 1 == stream.acknowledged
