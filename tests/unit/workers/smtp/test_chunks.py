"""Several messages with BDAT in one group (RFC 3030)."""

import pytest

from pillarbox.domain.reply import Reply, Verb
from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Close, Script
from tests.unit.workers.smtp.carrying import (
    BODY,
    CHUNKING,
    all_codes,
    always,
    carry,
    carry_all,
    codes,
    connect,
    proven,
    to,
    with_small_buffers,
)
from workers.smtp import chunks
from workers.smtp import connection as connections
from workers.smtp.capabilities import Chunking
from workers.smtp.errors import FaultCode
from workers.smtp.transmission import transmit_all

OK = b"250 2.1.0 ok\r\n"
LOST = FaultCode.CONNECTION_LOST


@law("chunks-counted")
def test_whole_messages_follow_one_another_in_one_write() -> None:
    """No 354 is waited for, no dot is doubled; RSET keeps one message out of the next."""
    dots = b"Subject: x\r\n\r\n.\r\n..a\r\n.b\r\n"
    with ScriptedServer(Script(ehlo=CHUNKING)) as server:
        connection = proven(server)
        results = carry_all(connection, to("a"), to("b", content=dots), to("c"))
        connection.quit()
        assert [250] * 3 == all_codes(results)
        assert [BODY, dots, BODY] == server.last.messages
        expected = b"RSET\r\n".join(
            b"MAIL FROM:<s@example.com> SIZE=%d\r\nRCPT TO:<%s@example.com>\r\nBDAT %d LAST\r\n%s"
            % (len(content), name, len(content), content)
            for name, content in ((b"a", BODY), (b"b", dots), (b"c", BODY))
        )
        assert expected == server.last.writes[1]


@law("dots-not-in-chunks", "chunks-counted")
def test_the_same_message_arrives_by_data_and_by_bdat() -> None:
    """Byte for byte, with its line ends put right; octets are counted and not characters."""
    content = "X: y\n\n.\n..\né, 例\r.".encode()
    script = Script(ehlo=CHUNKING)
    with ScriptedServer(script, Script()) as server:
        for _ in range(2):
            connection = connect(server)
            result = carry(connection, to("a", content=content))
            connection.quit()
            assert [250] == codes(result)
        by_chunks, by_data = (served.messages[0] for served in server.served)
        assert "X: y\r\n\r\n.\r\n..\r\né, 例\r\n.\r\n".encode() == by_chunks
        assert by_chunks == by_data.replace(b"\r\n..", b"\r\n.")


@law("chunks-counted")
def test_an_empty_message_is_a_chunk_of_nothing() -> None:
    """`BDAT 0 LAST`."""
    with ScriptedServer(Script(ehlo=CHUNKING)) as server:
        connection = connect(server)
        assert [250] == codes(carry(connection, to("a", content=b"")))
        connection.quit()
        assert b"BDAT 0 LAST" in server.last.lines


@law("groups-as-offered", "one-way-of-data")
@pytest.mark.parametrize("ehlo", [("CHUNKING",), ("PIPELINING",), ()])
def test_bdat_wants_both_offers(ehlo: tuple[str, ...]) -> None:
    """DATA where one of the two is not offered."""
    with ScriptedServer(Script(ehlo=ehlo)) as server:
        connection = connect(server)
        assert [250, 250] == all_codes(carry_all(connection, to("a"), to("b")))
        connection.quit()
        assert (2, 0) == (server.last.verbs.count("DATA"), server.last.verbs.count("BDAT"))


@law("one-way-of-data")
def test_a_session_that_uses_bdat_never_uses_data() -> None:
    """Not for a second round, not after a refusal; servers say `503 DATA after BDAT`."""
    rcpt: list[Act] = [OK, b"452 4.5.3 too many\r\n", OK]
    last = [b"250 one\r\n", b"554 spam\r\n", b"250 two\r\n"]
    with ScriptedServer(Script(ehlo=CHUNKING, rcpt=rcpt, last=last)) as server:
        connection = connect(server)
        first = carry(connection, to("a", "b"))
        second = carry(connection, to("c"))
        connection.quit()
        assert [[250, 554], [250]] == [codes(first), codes(second)]
        assert "DATA" not in server.last.verbs


@law("data-for-nobody", "mail-refused", "chunks-counted")
@pytest.mark.parametrize(
    "script",
    [
        Script(ehlo=CHUNKING, mail=[OK, b"550 no\r\n", OK], rcpt=[OK, b"503 no\r\n", OK],
               last=[OK, b"503 no\r\n", OK]),
        Script(ehlo=CHUNKING, mail=[OK, b"550 no\r\n", OK]),
        Script(ehlo=CHUNKING, rcpt=[OK, b"550 no\r\n", OK], last=[OK, b"554 no\r\n", OK]),
        Script(ehlo=CHUNKING, rcpt=[OK, b"550 no\r\n", OK], last=[OK, b"503 no\r\n", OK]),
        Script(ehlo=CHUNKING, rcpt=[OK, b"550 no\r\n", OK]),
        Script(ehlo=CHUNKING, last=[OK, b"550 spam\r\n", OK]),
    ],
)  # fmt: skip
def test_a_refusal_in_the_middle_of_a_group_is_that_messages_own(script: Script) -> None:
    """Refused MAIL, refused RCPT with 503, 554 or even 250 to its BDAT, refused end."""
    with ScriptedServer(script) as server:
        connection = proven(server)
        results = carry_all(connection, to("a"), to("b"), to("c"))
        if connection.usable:
            assert [250, 550, 250] == all_codes(results)
            assert [True, script.acts.get("LAST") == [OK, b"550 spam\r\n", OK], True] == [
                result.data_may_have_ended for result in results
            ]
        else:  # a message that was refused and taken: nobody knows what else is out of step
            assert [250, 550] == all_codes(results)[:2]
        connection.quit()


@law("recipients-apart")
def test_each_recipient_of_each_message_has_its_own_verdict() -> None:
    """In a group as alone."""
    rcpt: list[Act] = [OK, b"550 5.1.1 no\r\n", b"450 4.2.0 later\r\n", OK, b"551 not here\r\n"]
    with ScriptedServer(Script(ehlo=CHUNKING, rcpt=rcpt)) as server:
        connection = proven(server)
        results = carry_all(connection, to("a", "b", "c"), to("d", "e"))
        connection.quit()
        assert [[250, 550, 450], [250, 551]] == [codes(result) for result in results]
        names = [[step.recipient and step.recipient.local for step in result.steps]
                 for result in results]  # fmt: skip
        assert [[None, "a", "b", "c", None], [None, None, "d", "e", None]] == names


def test_leave_is_asked_once_before_a_group_and_without_it_nothing_is_written() -> None:
    """The mark covers the group."""
    asked: list[int] = []

    def withdraw() -> bool:
        asked.append(len(server.last.raw))
        return False

    with ScriptedServer(Script(ehlo=CHUNKING)) as server:
        connection = proven(server)
        results = transmit_all(connection, [to("a"), to("b")], withdraw)
        server.last.ended.wait(5)
        assert [FaultCode.STOPPED] == all_codes(results)
        assert (1, []) == (len(asked), server.last.messages)
        assert b"BDAT" not in server.last.raw


@law("one-way-of-data")
def test_a_relay_gets_one_message_until_it_has_taken_it() -> None:
    """CHUNKING that is offered and not known would read content as commands."""
    with ScriptedServer(Script(ehlo=CHUNKING)) as server:
        connection = connect(server)
        carry_all(connection, to("a"), to("b"), to("c"))
        connection.quit()
        assert Chunking.PROVEN is connection.chunking
        assert [0, 1, 2] == [write.count(b"BDAT") for write in server.last.writes[1:4]]


@law("one-way-of-data")
@pytest.mark.parametrize("refusal", [b"500 what\r\n", b"502 no\r\n", b"503 DATA first\r\n"])
def test_bdat_that_is_offered_and_not_known_is_the_relays_fault(refusal: bytes) -> None:
    """The message is not bounced, and what answers its content line by line is not read."""
    script = Script(ehlo=CHUNKING, bdat_unread=[b""], bdat=[refusal], subject=[b"500 what\r\n"])
    with ScriptedServer(script) as server:
        connection = connect(server)
        results = carry_all(connection, to("a"), to("b"))
        assert [FaultCode.PROTOCOL_ERROR] == all_codes(results)
        assert (Chunking.BROKEN, False) == (connection.chunking, connection.usable)


@law("stale-connections")
def test_a_quiet_connection_sees_the_first_recipients_before_any_content(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that died in silence would make a whole group uncertain."""
    with ScriptedServer(Script(ehlo=CHUNKING, mail=[OK, Close()])) as server:
        connection = proven(server)
        assert [250] == codes(carry(connection, to("a")))
        monkeypatch.setattr(connections, "ALIVE_SECONDS", -1)
        results = carry_all(connection, to("b"), to("c"))
        assert [LOST] == all_codes(results)
        assert (True, False) == (results[0].stale, results[0].data_may_have_ended)


@law("stale-connections")
def test_and_then_the_whole_group_behind_the_first_content(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At the cost of one round trip."""
    with ScriptedServer(Script(ehlo=CHUNKING)) as server:
        connection = proven(server)
        monkeypatch.setattr(connections, "ALIVE_SECONDS", -1)
        assert [250] * 3 == all_codes(carry_all(connection, to("a"), to("b"), to("c")))
        connection.quit()
        assert [0, 3] == [write.count(b"BDAT") for write in server.last.writes[1:3]]
        assert [BODY] * 3 == server.last.messages


@law("uncertain-after-the-end")
def test_a_group_is_bounded_in_messages_and_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a lost connection leaves in doubt is one group at most."""
    monkeypatch.setattr(chunks, "GROUP_MESSAGES", 3)
    monkeypatch.setattr(chunks, "GROUP_OCTETS", 2 * len(BODY) + 10)
    with ScriptedServer(Script(ehlo=CHUNKING)) as server:
        connection = proven(server)
        small = b"x\r\n"
        messages = [to("a"), to("b"), to("c"), *[to("d", content=small) for _ in range(5)]]
        assert [250] * 8 == all_codes(carry_all(connection, *messages))
        connection.quit()
        assert [2, 3, 3] == [write.count(b"BDAT") for write in server.last.writes[1:4]]


@law("refusal-amid-content")
def test_a_refusal_before_the_chunk_is_read_keeps_the_talk_in_step() -> None:
    """Chunks are counted; the rest of it is written, and what follows is heard."""
    refusal = b"552 5.3.4 too big\r\n"
    script = Script(ehlo=CHUNKING, rcpt=[OK + refusal, OK], last=[b"", b"250 two\r\n"])
    with ScriptedServer(script, receive_buffer=4_096) as server:
        connection = proven(server)
        big = to("a", content=b"0123456789abcd\r\n" * 60_000)
        results = carry_all(connection, big, to("b"))
        connection.quit()
        assert [552, 250] == all_codes(results)
        assert Verb.END_OF_DATA is results[0].steps[-1].verb


@law("no-deadlock")
def test_full_buffers_on_both_sides_never_deadlock() -> None:
    """A server that answers in long lines and reads no more until they are taken."""
    rcpt = [b"250-%s\r\n250 2.1.5 ok\r\n" % (b"x" * 900)]
    with ScriptedServer(Script(ehlo=CHUNKING, rcpt=rcpt), receive_buffer=4_096) as server:
        connection = with_small_buffers(proven(server))
        content = BODY + b"0123456789abcd\r\n" * 1_000
        names = [f"r{number}" for number in range(20)]
        results = carry_all(connection, *[to(*names, content=content) for _ in range(50)])
        connection.quit()
        assert [[250] * 20] * 50 == [codes(result) for result in results]


def test_a_verdict_names_the_end_of_data() -> None:
    """The reply to the last chunk is the message's (RFC 3030 2)."""
    with ScriptedServer(Script(ehlo=CHUNKING, last=[b"250 2.0.0 queued as 9\r\n"])) as server:
        connection = connect(server)
        result = transmit_all(connection, [to("a")], always)[0]
        connection.quit()
        assert (Reply(250, "queued as 9", Verb.END_OF_DATA, "2.0.0"),) == result.verdicts
