"""Where the message stands when the connection ends."""

import pytest

from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Close, Drip, MidData, Reset, Script, Silence, Stall, StopReading
from tests.unit.workers.smtp.carrying import BODY, carry, codes, connect, impatient, to
from workers.smtp.errors import FaultCode
from workers.smtp.timeouts import Timeouts
from workers.smtp.transmission import transmit

BIG = b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n" + b"0123456789abcdef\r\n" * 560_000


@law("uncertain-after-the-end")
@pytest.mark.parametrize(
    ("script", "expected", "may_have_ended"),
    [
        (Script(mail=[Close()]), FaultCode.CONNECTION_LOST, False),
        (Script(mail=[Reset()]), FaultCode.CONNECTION_LOST, False),
        (Script(rcpt=[Close()]), FaultCode.CONNECTION_LOST, False),
        (Script(data=[Close()]), FaultCode.CONNECTION_LOST, False),
        (Script(data=[Close(b"35")]), FaultCode.CONNECTION_LOST, False),
        (Script(data=[Silence()]), FaultCode.TIMEOUT, False),
        (Script(data=[Drip(b"3")]), FaultCode.TIMEOUT, False),
        (Script(dot=[Close()]), FaultCode.REPLY_LOST, True),
        (Script(dot=[Reset()]), FaultCode.REPLY_LOST, True),
        (Script(dot=[Close(b"250 2.0")]), FaultCode.REPLY_LOST, True),
        (Script(dot=[Close(b"250-2.0.0 o\r\n")]), FaultCode.REPLY_LOST, True),
        (Script(dot=[Silence()]), FaultCode.REPLY_LOST, True),
        (Script(dot=[Drip(b"2")]), FaultCode.REPLY_LOST, True),
        (Script(dot=[b"what?\r\n"]), FaultCode.REPLY_LOST, True),
        (Script(dot=[b"354 again\r\n"]), FaultCode.REPLY_LOST, True),
        (Script(dot=[b"250-x\r\n220 y\r\n"]), FaultCode.REPLY_LOST, True),
    ],
)
def test_nobody_knows_only_after_the_terminator_began(
    script: Script,
    expected: FaultCode,
    may_have_ended: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """RFC 5321 6.1, RFC 1047: before it, a lost connection costs the message nothing."""
    with ScriptedServer(script) as server:
        connection = connect(server, impatient(data=0.2, end_of_data=0.2))
        result = carry(connection, to("a", "b"))
        assert [expected] * 2 == codes(result)
        assert (may_have_ended, False) == (result.data_may_have_ended, result.usable)
        assert result.steps[-1].reply is None


@law("verdict-of-the-end")
@pytest.mark.parametrize("ehlo", [(), ("PIPELINING",)])
@pytest.mark.parametrize("code", [250, 451, 554])
def test_a_verdict_that_comes_twice_behind_a_354_is_a_verdict(
    code: int, ehlo: tuple[str, ...]
) -> None:
    """No other command is answered with 354: the next reply is the content's, whatever follows.

    Taken for unknown, the message would be sent again to each who has it.
    """
    verdict = b"%d x\r\n" % code
    with ScriptedServer(Script(ehlo=ehlo, dot=[verdict + verdict])) as server:
        connection = connect(server)
        result = carry(connection, to("a"))
        assert [code] == codes(result)
        assert not connection.usable


@law("verdict-of-the-end")
@pytest.mark.parametrize("code", [250, 251, 450, 451, 452, 550, 552, 554, 421])
def test_the_reply_to_the_end_of_data_is_the_verdict_of_those_taken(code: int) -> None:
    """Whatever it is; those refused before keep their own."""
    script = Script(rcpt=[b"250 ok\r\n", b"550 5.1.1 no\r\n"], dot=[b"%d x\r\n" % code])
    with ScriptedServer(script) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        connection.quit()
        assert Reply(code, "x", Verb.END_OF_DATA) == result.verdicts[0]
        assert [code, 550] == codes(result)
        assert result.data_may_have_ended


@law("421-anywhere")
@pytest.mark.parametrize(
    "script",
    [
        Script(mail=[b"421 4.3.2 bye\r\n"]),
        Script(rcpt=[b"421 4.3.2 bye\r\n"]),
        Script(data=[b"421 4.3.2 bye\r\n"]),
        Script(ehlo=("SIZE 0",), mail=[b"421 4.3.2 bye\r\n"]),
        Script(ehlo=("SIZE 0",), rcpt=[b"421 4.3.2 bye\r\n"]),
        Script(ehlo=("SIZE 0",), data=[b"421 4.3.2 bye\r\n"]),
    ],
)
def test_a_421_ends_the_session_wherever_it_comes(script: Script) -> None:
    """With the reply where it belongs, and no recipient's fault but the one it answered."""
    with ScriptedServer(script) as server:
        connection = connect(server)
        result = carry(connection, to("a"))
        assert [421] == codes(result)
        assert (False, False) == (result.usable, result.data_may_have_ended)


@law("421-anywhere")
def test_a_421_in_the_middle_of_a_group_is_nobody_elses_answer() -> None:
    """Those taken before it are not refused; nobody answered for them."""
    with ScriptedServer(Script(rcpt=[b"250 ok\r\n", Close(b"421 4.3.2 bye\r\n")])) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b", "c"))
        assert [FaultCode.CONNECTION_LOST, 421, FaultCode.CONNECTION_LOST] == codes(result)


@law("refusal-amid-content")
@pytest.mark.parametrize("then_go", [False, True])
def test_a_refusal_in_the_middle_of_the_data_is_heard(then_go: bool) -> None:  # noqa: FBT001 -- a column
    """552 at 64 kB of 10 MB, then half-closed or reset: EPIPE does not hide it."""
    act = MidData(65_536, b"552 5.3.4 too much\r\n", then_go=then_go)
    with ScriptedServer(Script(data=[act])) as server:
        connection = connect(server)
        result = carry(connection, to("a", content=BIG))
        assert (Reply(552, "too much", Verb.END_OF_DATA, "5.3.4"),) == result.verdicts
        assert (False, False) == (result.data_may_have_ended, result.usable)


@law("uncertain-after-the-end")
def test_a_connection_lost_in_the_middle_of_the_data_is_lost() -> None:
    """Without a word, and certainly not ended."""
    with ScriptedServer(Script(data=[MidData(65_536, b"", then_go=True)])) as server:
        connection = connect(server)
        result = carry(connection, to("a", content=BIG))
        assert [FaultCode.CONNECTION_LOST] == codes(result)
        assert not result.data_may_have_ended


@law("writes-end")
def test_a_peer_that_stops_reading_meets_the_deadline_of_a_block() -> None:
    """A zero window is a wait like any other."""
    with ScriptedServer(Script(data=[StopReading()])) as server:
        connection = connect(server, impatient(data_block=0.3))
        result = carry(connection, to("a", content=BIG))
        assert [FaultCode.TIMEOUT] == codes(result)
        assert not result.data_may_have_ended


@law("late-replies")
def test_a_late_reply_is_never_the_answer_to_the_next_command() -> None:
    """After a time-out the connection is gone."""
    late = Stall(b"250 2.1.0 late\r\n")
    with ScriptedServer(Script(mail=[late])) as server:
        connection = connect(server, impatient(mail=0.1))
        result = carry(connection, to("a"))
        late.released.set()
        again = carry(connection, to("b"))
        assert [FaultCode.TIMEOUT] == codes(result)
        assert [FaultCode.CONNECTION_LOST] == codes(again)
        assert () == again.steps


@law("quit-changes-nothing")
@pytest.mark.parametrize("quit_act", [Close(), b"421 4.3.2 bye\r\n", Silence(), Reset()])
def test_quit_changes_nothing(quit_act: Close | bytes | Silence | Reset) -> None:
    """The mail is sent, whatever happens then; and soon."""
    with ScriptedServer(Script(quit=[quit_act])) as server:
        connection = connect(server, impatient(quit=0.1))
        result = carry(connection, to("a"))
        connection.quit()
        assert [250] == codes(result)


@law("patience-at-the-end")
def test_the_time_outs_are_those_of_the_standard() -> None:
    """RFC 5321 4.5.3.2: ten minutes at the dot, since who gives up early sends twice."""
    of = Timeouts()

    assert (300, 300, 300, 120, 180, 600) == (
        of.greeting,
        of.mail,
        of.rcpt,
        of.data,
        of.data_block,
        of.end_of_data,
    )


def test_every_command_has_a_time_out() -> None:
    """One value with a field per phase."""
    assert all(Timeouts().of(verb) > 0 for verb in Verb)


@pytest.mark.parametrize("content", [BODY, BIG[:300_000]])
def test_without_leave_the_data_is_not_ended(content: bytes) -> None:
    """The claim was lost: the connection closes and the server has no message."""
    with ScriptedServer() as server:
        connection = connect(server)
        result = transmit(connection, to("a", content=content), lambda: False)
        server.last.ended.wait(5)
        assert [FaultCode.STOPPED] == codes(result)
        assert (True, False, False) == (result.stopped, result.usable, result.data_may_have_ended)
        assert [] == server.last.messages
        assert not server.last.raw.endswith(b".\r\n")


def test_leave_is_asked_right_before_each_end_of_data() -> None:
    """A lease may run out between two messages of a group; not before a recipient was taken."""
    asked: list[int] = []

    def leave() -> bool:
        asked.append(len(server.last.messages))
        return True

    with ScriptedServer(Script(rcpt=[b"550 5.1.1 no\r\n", b"250 ok\r\n"])) as server:
        connection = connect(server)
        refused = transmit(connection, to("a"), leave)
        before = list(asked)
        first = transmit(connection, to("b"), leave)
        second = transmit(connection, to("c"), leave)
        connection.quit()
        assert [550, 250, 250] == [*codes(refused), *codes(first), *codes(second)]
        assert ([], [1, 2]) == (before, asked)


def test_what_the_leave_raises_passes_and_closes_the_connection() -> None:
    """The caller's own trouble is no verdict; and the data is not ended."""

    def broken() -> bool:
        raise LookupError

    with ScriptedServer() as server:
        connection = connect(server)
        with pytest.raises(LookupError):
            transmit(connection, to("a"), broken)
        server.last.ended.wait(5)
        assert not connection.usable
        assert [] == server.last.messages


def test_the_steps_tell_the_conversation() -> None:
    """What is shown of an attempt: verbs, recipients, replies and times; no credentials."""
    with ScriptedServer(Script(rcpt=[b"250 ok\r\n", b"550 no\r\n"])) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        connection.quit()
        expected = [
            (Verb.MAIL, 250), (Verb.RCPT, 250), (Verb.RCPT, 550), (Verb.DATA, 354),
            (Verb.END_OF_DATA, 250),
        ]  # fmt: skip
        assert expected == [(step.verb, step.reply and step.reply.code) for step in result.steps]
        assert all(step.milliseconds >= 0 for step in result.steps)
        assert (f"127.0.0.1:{server.port}", False) == (
            result.connection.host,
            result.connection.reused,
        )
