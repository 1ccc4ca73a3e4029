"""A group of messages with BDAT that is not answered to its end."""

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Close, Drip, Reset, Script, Silence
from tests.unit.workers.smtp.carrying import (
    CHUNKING,
    all_codes,
    carry_all,
    codes,
    impatient,
    proven,
    to,
)
from workers.smtp.errors import FaultCode

OK = b"250 2.1.0 ok\r\n"
UNKNOWN = FaultCode.REPLY_LOST


@law("421-anywhere", "uncertain-after-the-end")
@pytest.mark.parametrize("goodbye", [Close(b"421 4.3.2 bye\r\n"), Reset(b"421 4.3.2 bye\r\n")])
def test_behind_a_421_nothing_was_done(goodbye: Act) -> None:
    """The server said that it closes, and closed; what it did not answer costs nothing."""
    with ScriptedServer(Script(ehlo=CHUNKING, mail=[OK, goodbye])) as server:
        connection = proven(server)
        results = carry_all(connection, to("a"), to("b"), to("c"), to("d"))
        assert [250, 421] == all_codes(results)
        assert [False, True] == [result.stale for result in results]
        assert 1 == len(server.last.messages)


@law("421-anywhere")
def test_whoever_is_answered_behind_a_421_has_that_answer() -> None:
    """Some say 421 and go on; their 250 counts, or the message would be doubled."""
    script = Script(ehlo=CHUNKING, mail=[OK, b"421 4.3.2 slow down\r\n", OK])
    with ScriptedServer(script) as server:
        connection = proven(server)
        results = carry_all(connection, to("a"), to("b"), to("c"))
        assert [250, 421, 250] == all_codes(results)
        assert not connection.usable


@law("421-anywhere", "uncertain-after-the-end")
def test_a_421_that_was_not_the_last_word_is_no_promise() -> None:
    """It went on, and went away before the last answer: nobody knows."""
    script = Script(ehlo=CHUNKING, mail=[OK, b"421 4.3.2 slow\r\n", OK], last=[OK, OK, Close()])
    with ScriptedServer(script) as server:
        connection = proven(server)
        results = carry_all(connection, to("a"), to("b"), to("c"))
        assert [250, 421, UNKNOWN] == all_codes(results)


@law("421-anywhere", "uncertain-after-the-end")
def test_a_server_that_says_421_and_nothing_more_leaves_a_doubt() -> None:
    """It did not close as it said; that is waited for a little, and no more."""
    script = Script(ehlo=CHUNKING, mail=[OK, Drip(b"")], last=[b"250 a\r\n421 4.3.2 bye\r\n"])
    with ScriptedServer(script) as server:
        connection = proven(server, impatient(quit=0.2, rset=5))
        results = carry_all(connection, to("a"), to("b"))
        assert [250, UNKNOWN] == all_codes(results)


@law("uncertain-after-the-end")
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (Script(ehlo=CHUNKING, mail=[OK, Close()]), [250, UNKNOWN, UNKNOWN]),
        (Script(ehlo=CHUNKING, mail=[OK, Reset()]), [250, UNKNOWN, UNKNOWN]),
        (Script(ehlo=CHUNKING, rcpt=[OK, Close(b"550 no\r\n")]), [250, 550, UNKNOWN]),
        (Script(ehlo=CHUNKING, rcpt=[OK, Close(b"250 ok\r\n")]), [250, UNKNOWN, UNKNOWN]),
        (Script(ehlo=CHUNKING, last=[OK, Close()]), [250, UNKNOWN, UNKNOWN]),
        (Script(ehlo=CHUNKING, last=[OK, Close(b"250 2.0")]), [250, UNKNOWN, UNKNOWN]),
        (Script(ehlo=CHUNKING, last=[OK, Close(b"554 no\r\n")]), [250, 554, UNKNOWN]),
        (Script(ehlo=CHUNKING, last=[OK, Silence()]), None),
        (Script(ehlo=CHUNKING, mail=[OK, Close(b"550 no\r\n")]), [250, 550, UNKNOWN]),
        (Script(ehlo=CHUNKING, mail=[OK, b"what?\r\n"]), [250, UNKNOWN, UNKNOWN]),
    ],
)
def test_replies_that_come_short_leave_those_in_doubt_whose_end_was_written(
    script: Script, expected: list[object] | None
) -> None:
    """To each message what is known of it, and to the rest that nobody knows."""
    with ScriptedServer(script) as server:
        connection = proven(server, impatient(end_of_data=0.2, rset=0.2, mail=0.2, rcpt=0.2))
        results = carry_all(connection, to("a"), to("b"), to("c"))
        if expected is not None:
            assert expected == all_codes(results)
            assert all(
                result.data_may_have_ended
                for result in results
                if codes(result) in ([UNKNOWN], [250])
            )
        assert not any(result.stale for result in results)
