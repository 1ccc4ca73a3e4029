"""Messages with DATA: each one's envelope goes with the content before it (RFC 2920 3.1)."""

import pytest

from pillarbox.domain.reply import Verb
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Close, Drip, Reset, Script
from tests.unit.workers.smtp.carrying import (
    BODY,
    all_codes,
    always,
    carry_all,
    codes,
    connect,
    impatient,
    to,
)
from workers.smtp.errors import FaultCode
from workers.smtp.transmission import transmit_all

OK = b"250 2.1.0 ok\r\n"
LOST = FaultCode.CONNECTION_LOST


@law("groups-as-offered", "one-write")
def test_the_content_and_the_next_envelope_are_one_write() -> None:
    """One round trip a message, and nothing behind DATA until its 354."""
    with ScriptedServer() as server:
        connection = connect(server)
        assert [250] * 3 == all_codes(carry_all(connection, to("a"), to("b"), to("c")))
        connection.quit()
        envelopes = [
            b"MAIL FROM:<s@example.com> SIZE=%d\r\nRCPT TO:<%s@example.com>\r\nDATA\r\n"
            % (len(BODY), name)
            for name in (b"a", b"b", b"c")
        ]
        dot = BODY + b".\r\n"
        expected = [envelopes[0], dot + envelopes[1], dot + envelopes[2], dot]
        assert expected == server.last.writes[1:5]
        assert [BODY] * 3 == server.last.messages


@law("data-for-nobody", "mail-refused", "clean-before-the-next")
@pytest.mark.parametrize(
    "script",
    [
        Script(mail=[OK, b"550 5.7.1 no\r\n", OK], rcpt=[OK, b"503 no\r\n", OK],
               data=[b"354 go\r\n", b"503 no\r\n", b"354 go\r\n"]),
        Script(rcpt=[OK, b"550 5.1.1 no\r\n", OK],
               data=[b"354 go\r\n", b"554 no\r\n", b"354 go\r\n"]),
        Script(rcpt=[OK, b"550 5.1.1 no\r\n", OK],
               dot=[b"250 one\r\n", b"250 nothing\r\n", b"250 three\r\n"]),
        Script(data=[b"354 go\r\n", b"550 no\r\n", b"354 go\r\n"]),
        Script(dot=[b"250 one\r\n", b"550 spam\r\n", b"250 three\r\n"]),
    ],
)  # fmt: skip
def test_a_refusal_in_the_middle_is_that_messages_own(script: Script) -> None:
    """Whatever was refused, the next message has its own recipients and replies."""
    with ScriptedServer(script) as server:
        connection = connect(server)
        assert [250, 550, 250] == all_codes(carry_all(connection, to("a"), to("b"), to("c")))
        assert connection.usable
        connection.quit()


@law("clean-before-the-next")
def test_a_server_that_forgets_nothing_by_itself_is_told_to() -> None:
    """503 to the MAIL that stood behind refused content is not that message's refusal."""
    script = Script(
        mail=[OK, b"503 5.5.1 nested MAIL\r\n", OK],
        data=[b"354 go\r\n", b"503 no\r\n", b"354 go\r\n"],
        dot=[b"554 5.7.1 spam\r\n", b"250 ok\r\n"],
        rcpt=[OK, b"503 no\r\n", OK],
    )
    with ScriptedServer(script) as server:
        connection = connect(server)
        assert [554, 250] == all_codes(carry_all(connection, to("a"), to("b")))
        connection.quit()
        assert 1 == server.last.verbs.count("RSET")


@law("clean-before-the-next")
def test_354_behind_content_that_was_refused_and_not_forgotten_lets_nothing_out() -> None:
    """The old recipients would get the new message; it goes on another connection."""
    script = Script(mail=[OK, b"503 5.5.1 nested MAIL\r\n"], dot=[b"554 5.7.1 spam\r\n"])
    with ScriptedServer(script) as server:
        connection = connect(server)
        results = carry_all(connection, to("a"), to("b", content=b"Subject: secret\r\n\r\n"))
        assert [554] == all_codes(results[:1])
        assert all(result.stale and codes(result) == [LOST] for result in results[1:])
        assert b"secret" not in server.last.raw


@law("uncertain-after-the-end")
@pytest.mark.parametrize(
    ("dot", "expected"),
    [
        (Close(), FaultCode.REPLY_LOST),
        (Reset(), FaultCode.REPLY_LOST),
        (Close(b"421 4.3.2 bye\r\n"), 421),
        (b"421 4.3.2 bye\r\n", 421),
        (b"what?\r\n", FaultCode.REPLY_LOST),
    ],
)
def test_whoever_stood_behind_a_lost_message_was_not_tried(dot: Act, expected: object) -> None:
    """Its envelope was written and nothing of it is known; it can be offered again."""
    with ScriptedServer(Script(dot=[OK, dot])) as server:
        connection = connect(server)
        results = carry_all(connection, to("a"), to("b"), to("c"), to("d"))
        assert [250, expected] == all_codes(results)
        assert not connection.usable
        assert [BODY, BODY] == server.last.messages


@law("stale-connections", "enough-messages")
def test_a_connection_that_closes_after_a_message_is_stale_to_the_next() -> None:
    """It met the end itself, so it is told, and costs nothing."""
    with ScriptedServer(Script(dot=[Close(OK)])) as server:
        connection = connect(server)
        results = carry_all(connection, to("a"), to("b"), to("c"))
        assert [250, LOST] == all_codes(results)
        assert [False, True] == [result.stale for result in results]


@law("late-replies")
def test_silence_behind_a_message_is_the_time_out_of_the_next_and_no_other() -> None:
    """And what stands behind that one is not even written."""
    with ScriptedServer(Script(mail=[OK, Drip(b"")])) as server:
        connection = connect(server, impatient(mail=0.2))
        results = carry_all(connection, to("a"), to("b"), to("c"))
        assert [250, FaultCode.TIMEOUT] == all_codes(results)
        assert b"c@example.com" not in server.last.raw


def test_leave_is_asked_once_and_without_it_nothing_is_ended() -> None:
    """The mark covers the group; its loss ends it."""
    asked: list[bool] = []

    def withdraw() -> bool:
        asked.append(True)
        return False

    with ScriptedServer(Script(rcpt=[b"550 no\r\n", OK], data=[b"503 no\r\n", b"354 go\r\n"])) as s:
        connection = connect(s)
        results = transmit_all(connection, [to("a"), to("b"), to("c")], withdraw)
        s.last.ended.wait(5)
        assert [550, FaultCode.STOPPED] == all_codes(results)
        assert ([True], []) == (asked, s.last.messages)


@law("size-first")
def test_who_is_refused_here_is_in_no_ones_way() -> None:
    """A message over the limit in the middle costs no byte and no reply."""
    big = to("b", content=b"x" * 500)
    with ScriptedServer(Script(ehlo=("PIPELINING", "SIZE 100"))) as server:
        connection = connect(server)
        results = carry_all(connection, to("a"), big, to("c"))
        connection.quit()
        assert [250, FaultCode.TOO_LARGE, 250] == all_codes(results)
        assert [False, True, True] == [result.connection.reused for result in results]
        assert 2 == server.last.verbs.count("MAIL")


@law("too-many-recipients")
def test_those_beyond_the_limit_go_behind_the_group() -> None:
    """452 after some were taken, in the middle of a group."""
    rcpt: list[Act] = [OK, b"452 4.5.3 too many\r\n", OK]
    with ScriptedServer(Script(rcpt=rcpt)) as server:
        connection = connect(server)
        results = carry_all(connection, to("a", "b"), to("c"))
        connection.quit()
        assert [[250, 250], [250]] == [codes(result) for result in results]
        assert 3 == len(server.last.messages)


@law("too-many-recipients")
def test_a_named_limit_on_recipients_is_kept() -> None:
    """RFC 9422 3.2: before the server has to refuse."""
    with ScriptedServer(Script(ehlo=("PIPELINING", "LIMITS MAILMAX=9 RCPTMAX=2"))) as server:
        connection = connect(server)
        result = transmit_all(connection, [to("a", "b", "c", "d", "e")], always)[0]
        connection.quit()
        assert [250] * 5 == codes(result)
        verbs = [verb for verb in server.last.verbs if verb in {"MAIL", "RCPT"}]
        assert ["MAIL", "RCPT", "RCPT"] * 2 + ["MAIL", "RCPT"] == verbs
        assert 9 == connection.capabilities.mail_max


@law("too-many-recipients", "enough-messages")
@pytest.mark.parametrize("offer", [(), ("PIPELINING",), ("PIPELINING", "CHUNKING")])
def test_rounds_of_one_message_count_against_a_named_limit(offer: tuple[str, ...]) -> None:
    """RFC 9422 limits the MAILs of a session: one too many may be answered 550, and bounced."""
    ehlo = (*offer, "LIMITS MAILMAX=2 RCPTMAX=2")
    with ScriptedServer(Script(ehlo=ehlo, mail=[OK, OK, b"550 5.5.1 no more\r\n"])) as server:
        connection = connect(server)
        result = transmit_all(connection, [to("a", "b", "c", "d", "e")], always)[0]
        connection.quit()
        assert [250, 250, 250, 250, LOST] == codes(result)
        assert (2, 2) == (server.last.verbs.count("MAIL"), connection.rounds)


def test_the_steps_of_each_message_are_its_own() -> None:
    """What is shown of an attempt."""
    with ScriptedServer() as server:
        connection = connect(server)
        results = carry_all(connection, to("a"), to("b"))
        connection.quit()
        verbs = [Verb.MAIL, Verb.RCPT, Verb.DATA, Verb.END_OF_DATA]
        assert [verbs] * 2 == [[step.verb for step in result.steps] for result in results]
