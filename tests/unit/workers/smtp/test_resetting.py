"""A connection is clean before the next message begins."""

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Close, Script
from tests.unit.workers.smtp.carrying import carry, codes, connect, to
from workers.smtp.errors import FaultCode


@law("clean-before-the-next")
@pytest.mark.parametrize(
    "script",
    [
        Script(rcpt=[b"550 no\r\n", b"250 ok\r\n"], data=[b"554 no\r\n", b"354 go\r\n"]),
        Script(data=[b"451 later\r\n", b"354 go\r\n"]),
        Script(dot=[b"554 spam\r\n", b"250 ok\r\n"]),
        Script(mail=[b"550 no\r\n", b"250 ok\r\n"], data=[b"503 no\r\n", b"354 go\r\n"]),
    ],
)
def test_after_a_refusal_the_next_message_has_only_its_own_recipients(script: Script) -> None:
    """RSET before it, if anything was begun."""
    with ScriptedServer(script) as server:
        connection = connect(server)
        carry(connection, to("a"))
        second = carry(connection, to("b"))
        connection.quit()
        assert [250] == codes(second)
        verbs = server.last.verbs
        begun = script.acts.get("MAIL") is None
        assert begun is ("RSET" in verbs)
        if begun:
            assert verbs.index("RSET") < len(verbs) - 1 - verbs[::-1].index("MAIL")


@law("clean-before-the-next")
@pytest.mark.parametrize("answer", [b"503 5.5.1 no\r\n", b"421 4.3.2 bye\r\n", Close()])
def test_a_bad_answer_to_rset_drops_the_connection_before_the_next_message(
    answer: bytes | Close,
) -> None:
    """And nothing of the next message was tried."""
    with ScriptedServer(Script(dot=[b"554 spam\r\n"], rset=[answer])) as server:
        connection = connect(server)
        carry(connection, to("a"))
        second = carry(connection, to("b"))
        assert [FaultCode.CONNECTION_LOST] == codes(second)
        assert (True, False) == (second.stale, second.usable)
        assert 1 == server.last.verbs.count("MAIL")
