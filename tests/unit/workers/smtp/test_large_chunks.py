"""A message too large for one chunk (RFC 3030 2)."""

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Close, Script
from tests.unit.workers.smtp.carrying import (
    BODY,
    CHUNKING,
    all_codes,
    carry,
    carry_all,
    codes,
    proven,
    to,
)
from workers.smtp import chunks
from workers.smtp.errors import FaultCode
from workers.smtp.transmission import transmit_all

OK = b"250 2.1.0 ok\r\n"
LOST = FaultCode.CONNECTION_LOST


BIG = b"Subject: big\r\n\r\n" + "0123456789äbcé\r\n".encode() * 10


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make chunks of 50 octets: four of `BIG`."""
    monkeypatch.setattr(chunks, "GROUP_OCTETS", 50)


@law("chunks-counted")
@pytest.mark.usefixtures("small_chunks")
def test_a_large_message_goes_in_chunks_after_its_recipients() -> None:
    """Each after the reply to the last."""
    with ScriptedServer(Script(ehlo=CHUNKING)) as server:
        connection = proven(server)
        results = carry_all(connection, to("a"), to("b", content=BIG), to("c"))
        connection.quit()
        assert [250] * 3 == all_codes(results)
        assert [BODY, BIG, BODY] == server.last.messages
        bdats = [line for line in server.last.lines if line.startswith(b"BDAT")]
        assert [b"BDAT 50"] * 3 + [b"BDAT 46 LAST"] == bdats[1:5]


@law("chunks-counted")
@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("code", [452, 554])
def test_behind_a_refused_chunk_there_is_no_other_and_then_rset(code: int) -> None:
    """Chunk 2 of 4; the refusal is the message's verdict, and its data never ended."""
    script = Script(ehlo=CHUNKING, bdat=[OK, b"%d no\r\n" % code])
    with ScriptedServer(script) as server:
        connection = proven(server)
        results = carry_all(connection, to("a", content=BIG), to("b"))
        connection.quit()
        assert [code, 250] == all_codes(results)
        assert not results[0].data_may_have_ended
        assert ["BDAT", "BDAT", "RSET", "MAIL"] == server.last.verbs[3:7]


@law("data-for-nobody")
@pytest.mark.usefixtures("small_chunks")
def test_a_large_message_without_recipients_is_not_sent() -> None:
    """Not one chunk."""
    with ScriptedServer(Script(ehlo=CHUNKING, rcpt=[b"550 no\r\n", OK])) as server:
        connection = proven(server)
        results = carry_all(connection, to("a", content=BIG), to("b"))
        connection.quit()
        assert [550, 250] == all_codes(results)
        assert [BODY] == server.last.messages


@law("uncertain-after-the-end")
@pytest.mark.usefixtures("small_chunks")
def test_a_connection_lost_between_two_chunks_is_lost() -> None:
    """Only with the last octet of the last chunk the data may have ended."""
    with ScriptedServer(Script(ehlo=CHUNKING, bdat=[OK, Close()])) as server:
        connection = proven(server)
        result = carry(connection, to("a", content=BIG))
        assert ([LOST], False) == (codes(result), result.data_may_have_ended)


@pytest.mark.usefixtures("small_chunks")
def test_without_leave_a_large_message_lacks_its_last_chunk() -> None:
    """The claim was lost on the way."""
    with ScriptedServer(Script(ehlo=CHUNKING)) as server:
        connection = proven(server)
        results = transmit_all(connection, [to("a", content=BIG)], lambda: False)
        server.last.ended.wait(5)
        assert [FaultCode.STOPPED] == all_codes(results)
        assert [] == server.last.messages
        assert 3 == server.last.verbs.count("BDAT")
