"""One transaction and its recipients."""

import gc
import socket
from typing import ClassVar

import pytest

from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Script
from tests.unit.workers.smtp.carrying import BODY, carry, codes, connect, to, with_small_buffers
from workers.smtp.errors import FaultCode
from workers.smtp.sockets import SocketStream
from workers.smtp.transmission import transmit_all

PLAIN_ESMTP = ("SIZE 0",)
PIPELINED = ("PIPELINING",)
BOTH = pytest.mark.parametrize("ehlo", [PLAIN_ESMTP, PIPELINED])


def ok(text: bytes = b"ok") -> bytes:
    """Write a 250."""
    return b"250 2.1.5 %s\r\n" % text


@law("recipients-apart", "impossible-replies")
@BOTH
def test_every_recipient_gets_its_own_reply(ehlo: tuple[str, ...]) -> None:
    """RFC 5321 3.3: one refusal neither aborts the others nor is taken for their answer."""
    rcpt = [ok(), b"550 5.1.1 b unknown\r\n", b"450 4.2.0 c later\r\n", b"252 2.1.5 d maybe\r\n"]
    with ScriptedServer(Script(ehlo=ehlo, rcpt=rcpt)) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b", "c", "d"))
        connection.quit()
        queued = Reply(250, "queued as 1", Verb.END_OF_DATA, "2.0.0")
        expected = (
            queued,
            Reply(550, "b unknown", Verb.RCPT, "5.1.1"),
            Reply(450, "c later", Verb.RCPT, "4.2.0"),
            queued,
        )
        assert expected == result.verdicts
        assert (True, True) == (result.data_may_have_ended, result.usable)
        assert [BODY] == server.last.messages
        assert [None, "a", "b", "c", "d", None, None] == [
            step.recipient and step.recipient.local for step in result.steps
        ]


@law("data-for-nobody")
@BOTH
def test_data_is_not_ended_when_no_recipient_is_left(ehlo: tuple[str, ...]) -> None:
    """Each refusal is its own; no content goes out."""
    rcpt = [b"550 5.1.1 no\r\n", b"450 4.2.0 later\r\n"]
    data = [b"554 5.5.1 no valid recipients\r\n"]
    with ScriptedServer(Script(ehlo=ehlo, rcpt=rcpt, data=data)) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        connection.quit()
        assert [550, 450] == codes(result)
        assert (False, True) == (result.data_may_have_ended, result.usable)
        assert [] == server.last.messages


@law("data-for-nobody")
@pytest.mark.parametrize("verdict", [b"250 2.0.0 ok\r\n", b"554 5.5.1 no recipients\r\n"])
def test_data_taken_without_a_recipient_gets_a_lone_dot(verdict: bytes) -> None:
    """RFC 2920 3.1: its code means nothing, and the connection goes on."""
    rcpt: list[Act] = [b"550 5.1.1 no\r\n", b"550 5.1.1 nor you\r\n", ok()]
    script = Script(ehlo=PIPELINED, rcpt=rcpt, dot=[verdict, b"250 2.0.0 second\r\n"])
    with ScriptedServer(script) as server:
        connection = connect(server)
        first = carry(connection, to("a", "b"))
        second = carry(connection, to("c"))
        connection.quit()
        assert [550, 550] == codes(first)
        assert not first.data_may_have_ended
        assert [250] == codes(second)
        assert [b"", BODY] == server.last.messages


@law("mail-refused")
@pytest.mark.parametrize(
    ("mail", "data"),
    [
        (b"550 5.7.1 not you\r\n", b"503 5.5.1 no\r\n"),
        (b"451 4.3.0 later\r\n", b"503 5.5.1 no\r\n"),
    ],
)
def test_replies_behind_a_refused_mail_are_drained(mail: bytes, data: bytes) -> None:
    """Or the second message gets the first one's replies."""
    script = Script(
        ehlo=PIPELINED,
        mail=[mail, ok()],
        rcpt=[b"503 5.5.1 no mail\r\n", ok()],
        data=[data, b"354 go\r\n"],
        dot=[b"250 2.0.0 second\r\n"],
    )
    with ScriptedServer(script) as server:
        connection = connect(server)
        first = carry(connection, to("a"))
        second = carry(connection, to("b"))
        connection.quit()
        assert [int(mail[:3])] == codes(first)
        assert (Reply(250, "second", Verb.END_OF_DATA, "2.0.0"),) == second.verdicts
        assert 1 == len(server.served)


@law("mail-refused")
def test_data_taken_behind_a_refused_mail_closes_the_connection() -> None:
    """The verdict is MAIL's own, and nothing of the content goes out."""
    script = Script(ehlo=PIPELINED, mail=[b"550 5.7.1 no\r\n"], rcpt=[b"503 no\r\n"])
    with ScriptedServer(script) as server:
        connection = connect(server)
        result = carry(connection, to("a"))
        assert [550] == codes(result)
        assert (False, False) == (result.usable, result.data_may_have_ended)
        connection.quit()
        assert b"hello" not in server.last.raw


@law("first-digit-decides")
@BOTH
def test_a_refused_mail_speaks_for_all(ehlo: tuple[str, ...]) -> None:
    """What refuses MAIL is the sender's or the message's."""
    with ScriptedServer(
        Script(ehlo=ehlo, mail=[b"550 5.7.1 not you\r\n"], data=[b"503 no\r\n"])
    ) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        connection.quit()
        assert (Reply(550, "not you", Verb.MAIL, "5.7.1"),) * 2 == result.verdicts


@law("verdict-of-the-end")
@BOTH
def test_a_refused_data_is_the_verdict_of_those_taken(ehlo: tuple[str, ...]) -> None:
    """And only theirs."""
    script = Script(ehlo=ehlo, rcpt=[ok(), b"550 5.1.1 no\r\n"], data=[b"451 4.3.0 full\r\n"])
    with ScriptedServer(script) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        connection.quit()
        assert (Verb.DATA, 451) == (_reply(result.verdicts[0]).command, codes(result)[0])
        assert 550 == codes(result)[1]
        assert not result.data_may_have_ended


@law("impossible-replies")
@pytest.mark.parametrize("script", [
    Script(ehlo=PIPELINED, mail=[b"354 go\r\n"]),
    Script(ehlo=PIPELINED, data=[b"250 ok\r\n"]),
    Script(ehlo=PLAIN_ESMTP, data=[b"250 ok\r\n"]),
    Script(ehlo=PLAIN_ESMTP, rcpt=[b"334 \r\n"]),
])  # fmt: skip
def test_an_impossible_reply_never_lets_the_content_out(script: Script) -> None:
    """A protocol error of ours to tell, and the connection is gone."""
    with ScriptedServer(script) as server:
        connection = connect(server)
        result = carry(connection, to("a"))
        assert [FaultCode.PROTOCOL_ERROR] == codes(result)
        assert (False, False) == (result.usable, result.data_may_have_ended)
        assert b"hello" not in server.last.raw


@law("too-many-recipients")
@BOTH
@pytest.mark.parametrize("refusal", [b"452 4.5.3 too many\r\n", b"552 too many recipients\r\n"])
def test_recipients_beyond_the_limit_go_at_once_in_a_new_transaction(
    ehlo: tuple[str, ...], refusal: bytes
) -> None:
    """RFC 5321 4.5.3.1.10: no back-off, no bounce; and not in need of RSET."""
    rcpt: list[Act] = [ok(), ok(), ok(), refusal, refusal, ok()]
    script = Script(ehlo=ehlo, rcpt=rcpt, dot=[b"250 2.0.0 one\r\n", b"250 2.0.0 two\r\n"])
    with ScriptedServer(script) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b", "c", "d", "e"))
        connection.quit()
        assert ["one", "one", "one", "two", "two"] == [_reply(v).text for v in result.verdicts]
        assert [BODY, BODY] == server.last.messages
        assert "RSET" not in server.last.verbs


@law("too-many-recipients")
@BOTH
def test_a_full_mailbox_that_comes_first_is_its_own_verdict(ehlo: tuple[str, ...]) -> None:
    """With nobody taken before it, 452 speaks of that recipient; and this comes to an end."""
    with ScriptedServer(
        Script(ehlo=ehlo, rcpt=[b"452 4.2.2 full\r\n"], data=[b"503 no\r\n"])
    ) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        connection.quit()
        assert [452, 452] == codes(result)
        assert 2 == server.last.verbs.count("RCPT")


@law("too-many-recipients")
def test_those_beyond_the_limit_are_not_bounced_when_the_connection_goes() -> None:
    """A 552 that meant "not now" does not become "never"."""
    rcpt: list[Act] = [ok(), b"552 too many recipients\r\n"]
    with ScriptedServer(Script(ehlo=PIPELINED, rcpt=rcpt, dot=[b"421 4.3.2 bye\r\n"])) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        assert [421, FaultCode.CONNECTION_LOST] == codes(result)


@law("groups-as-offered")
def test_commands_wait_for_their_replies_where_pipelining_is_not_offered() -> None:
    """One write, one command."""
    with ScriptedServer(Script(ehlo=PLAIN_ESMTP)) as server:
        connection = connect(server)
        carry(connection, to("a", "b"))
        connection.quit()
        commands = [write for write in server.last.writes if not write.startswith(b"Subject")]
        assert all(1 == write.count(b"\r\n") for write in commands)


@law("one-write")
def test_a_group_is_one_write() -> None:
    """And the content goes with its terminator."""
    with ScriptedServer(Script(ehlo=PIPELINED)) as server:
        connection = connect(server)
        carry(connection, to("a", "b"))
        connection.quit()
        expected = (
            b"MAIL FROM:<s@example.com>\r\nRCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n"
            b"DATA\r\n"
        )
        assert [expected, BODY + b".\r\n"] == server.last.writes[1:3]


@law("one-write")
def test_the_system_holds_no_write_back() -> None:
    """Else a last small segment waits for an acknowledgement that the peer delays."""
    with ScriptedServer() as server:
        connection = connect(server)
        assert isinstance(connection.stream, SocketStream)
        option = connection.stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.quit()
        assert option


@law("no-deadlock")
def test_a_thousand_recipients_never_deadlock_with_small_buffers() -> None:
    """A server that answers in long lines and reads no more until they are taken."""
    rcpt = [b"250-%s\r\n250 2.1.5 ok\r\n" % (b"x" * 500)]
    script = Script(ehlo=PIPELINED, rcpt=rcpt)
    with ScriptedServer(script, receive_buffer=4_096) as server:
        connection = with_small_buffers(connect(server))
        result = carry(connection, to(*(f"r{number}" * 8 for number in range(1_000))))
        connection.quit()
        assert [250] * 1_000 == codes(result)


class Content(bytes):
    """Octets whose end can be seen."""

    ended: ClassVar[list[int]] = []

    def __del__(self) -> None:
        self.ended.append(1)


@pytest.mark.parametrize("ehlo", [PIPELINED, ("PIPELINING", "CHUNKING")])
def test_the_content_is_freed_without_the_collector(ehlo: tuple[str, ...]) -> None:
    """A batch of large messages must not stay until some later collection, which costs time too."""
    with ScriptedServer(Script(ehlo=ehlo)) as server:
        connection = connect(server)
        Content.ended.clear()
        content = Content(BODY)
        gc.disable()
        try:
            results = transmit_all(connection, [to("a", content=content), to("b")], lambda: True)
            assert [[250], [250]] == [codes(result) for result in results]
            del results, content
            assert [1] == Content.ended
        finally:
            gc.enable()
        connection.quit()


def _reply(verdict: object) -> Reply:
    assert isinstance(verdict, Reply)
    return verdict
