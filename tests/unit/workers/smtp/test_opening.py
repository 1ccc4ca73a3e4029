"""From a connection to a session that may carry mail."""

import socket
import threading

import pytest

from pillarbox.domain.reply import Verb
from tests.laws.registry import law
from tests.ports import free_port
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Close, Drip, Script, Silence, Stall
from tests.unit.workers.smtp.carrying import PATIENT, carry, clear, codes, connect, impatient, to
from tests.waiting import wait_until
from workers.smtp.auth import Credentials
from workers.smtp.connection import Connection
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import (
    ArgumentRefusedError,
    FaultCode,
    OpeningError,
    RelayRefusedError,
    Stage,
    UnreachableError,
)
from workers.smtp.opening import Opener
from workers.smtp.sockets import SocketAddress, dial


@law("greeting-first")
def test_not_a_byte_is_sent_before_the_greeting() -> None:
    """A banner in two lines, the second of them late."""
    banner = Stall(b"220 now\r\n")
    with ScriptedServer(Script(greeting=[banner])) as server:
        opened: list[Connection] = []
        opener = threading.Thread(target=lambda: opened.append(connect(server)))
        opener.start()
        wait_until(lambda: server.served)
        before = bytes(server.last.raw)
        banner.released.set()
        opener.join()
        assert b"" == before
        assert 1 == len(opened)
        opened[0].quit()


@law("refused-greeting", "421-anywhere")
@pytest.mark.parametrize("greeting", [b"554 5.7.1 go away\r\n", b"421 4.3.2 too busy\r\n"])
def test_a_refusing_greeting_is_the_relays_and_no_recipients(greeting: bytes) -> None:
    """An error about the relay, with its reply; 554 is left with QUIT."""
    with ScriptedServer(Script(greeting=[greeting])) as server:
        with pytest.raises(RelayRefusedError) as refused:
            connect(server)
        server.last.ended.wait(5)

        reply = refused.value.reply
        assert reply is not None
        assert (Stage.GREETING, int(greeting[:3]), Verb.GREETING) == (
            refused.value.stage,
            reply.code,
            reply.command,
        )
        assert (["QUIT"] if greeting.startswith(b"554") else []) == server.last.verbs


@law("helo-fallback")
@pytest.mark.parametrize("code", [500, 502, 504, 550])
def test_helo_follows_a_refused_ehlo_and_nothing_is_assumed(code: int) -> None:
    """Then no SIZE, no 8BITMIME, no pipelining."""
    refusal = b"%d 5.5.1 what\r\n" % code
    helo = [b"250-scripted.test\r\n250-PIPELINING\r\n250 SIZE 10\r\n"]
    with ScriptedServer(Script(hello=[refusal], helo=helo)) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        connection.quit()
        assert [250, 250] == codes(result)
        assert () == result.connection.capabilities
        assert b"MAIL FROM:<s@example.com>" in server.last.lines
        assert ["EHLO", "HELO", "MAIL", "RCPT", "RCPT", "DATA", "DOT", "QUIT"] == server.last.verbs


@law("firewall-banner")
@pytest.mark.parametrize(
    "hello", [b"500 5.5.1 what\r\n", b"250-relay.test\r\n250-XXXXXXXXXX\r\n250 XXXX 1000\r\n"]
)
def test_behind_a_firewall_that_masks_what_is_said_there_is_plain_smtp(hello: bytes) -> None:
    """One command at a time, no extension, and the end of data in one piece."""
    masked = b"220 " + b"*" * 60 + b"\r\n"
    with ScriptedServer(Script(greeting=[masked], hello=[hello])) as server:
        connection = connect(server)
        result = carry(connection, to("a", "b"))
        connection.quit()
        commands = [write for write in server.last.writes if not write.endswith(b"\r\n.\r\n")]
        assert [250, 250] == codes(result)
        assert b"MAIL FROM:<s@example.com>" in server.last.lines
        assert [1] * len(commands) == [write.count(b"\r\n") for write in commands]


@law("helo-fallback", "421-anywhere")
@pytest.mark.parametrize("reply", [b"421 4.3.2 no\r\n", b"554 5.7.1 no\r\n", b"451 4.3.0 no\r\n"])
def test_helo_does_not_follow_any_other_refusal(reply: bytes) -> None:
    """After 421 the real error was lost in PHPMailer#2189."""
    with ScriptedServer(Script(hello=[reply])) as server:
        with pytest.raises(RelayRefusedError) as refused:
            connect(server)
        assert refused.value.reply is not None
        assert (Stage.EHLO, int(reply[:3])) == (refused.value.stage, refused.value.reply.code)
        assert "HELO" not in server.last.verbs


@law("helo-fallback")
@pytest.mark.parametrize(
    ("policy", "credentials"),
    [(TlsPolicy.REQUIRED, None), (TlsPolicy.NONE, Credentials("u", "secret"))],
)
def test_helo_does_not_come_where_tls_or_auth_is_needed(
    policy: TlsPolicy, credentials: Credentials | None
) -> None:
    """HELO offers neither."""
    with ScriptedServer(Script(hello=[b"502 5.5.1 what\r\n"])) as server:
        endpoint = Endpoint(
            server.host, server.port, policy, credentials=credentials, timeouts=PATIENT
        )
        with pytest.raises(RelayRefusedError):
            Opener(endpoint)()
        assert "HELO" not in server.last.verbs


@law("ehlo-name")
def test_the_name_for_ehlo_is_the_literal_of_our_address() -> None:
    """RFC 5321 4.1.4."""
    with ScriptedServer() as server:
        connect(server).quit()
        assert b"EHLO [127.0.0.1]" == server.last.lines[0]


@law("ipv6-literal")
@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_the_literal_of_an_ipv6_address_has_its_tag() -> None:
    """Over ::1, the exact string."""
    try:
        server = ScriptedServer(host="::1")
    except OSError:
        pytest.skip("no ::1 here")
    with server:
        connect(server).quit()
        assert b"EHLO [IPv6:::1]" == server.last.lines[0]


@law("ehlo-name", "argument-control-characters")
def test_a_name_that_is_configured_is_used_and_a_bad_one_refused_early() -> None:
    """Before the first session."""
    with ScriptedServer() as server:
        endpoint = Endpoint(server.host, server.port, TlsPolicy.NONE, ehlo_name="client.test")
        Opener(endpoint)().quit()
        assert b"EHLO client.test" == server.last.lines[0]
    with pytest.raises(ArgumentRefusedError):
        Opener(Endpoint("h", 25, TlsPolicy.NONE, ehlo_name="a\r\nMAIL"))


@law("wrong-tls-port", "no-smtp", "endless-replies")
@pytest.mark.parametrize(
    ("script", "stage", "code"),
    [
        (Script(greeting=[Close()]), Stage.GREETING, FaultCode.CONNECTION_LOST),
        (Script(greeting=[Close(b"220 he")]), Stage.GREETING, FaultCode.CONNECTION_LOST),
        (Script(greeting=[b"SSH-2.0-x\r\n"]), Stage.GREETING, FaultCode.PROTOCOL_ERROR),
        (Script(greeting=[b"220 a\r\n250 b\r\n"]), Stage.GREETING, FaultCode.PROTOCOL_ERROR),
        (Script(greeting=[Silence()]), Stage.GREETING, FaultCode.TIMEOUT),
        (Script(greeting=[Drip()]), Stage.GREETING, FaultCode.TIMEOUT),
        (Script(hello=[Close()]), Stage.EHLO, FaultCode.CONNECTION_LOST),
        (Script(hello=[Drip(b"250-x\r\n", 0.0)]), Stage.EHLO, FaultCode.PROTOCOL_ERROR),
    ],
)
def test_what_breaks_while_opening_says_at_which_stage(
    script: Script, stage: Stage, code: FaultCode
) -> None:
    """A plain client at a TLS port times out; a byte now and then does not prolong."""
    with ScriptedServer(script) as server:
        with pytest.raises(UnreachableError) as error:
            connect(server, impatient(greeting=0.3))
        assert (stage, code, None) == (error.value.stage, error.value.fault.code, error.value.reply)


@law("every-address", "places-come-back")
def test_a_port_where_nobody_listens_is_a_refused_connection() -> None:
    """With its code, for the breaker."""
    with pytest.raises(UnreachableError) as error:
        Opener(Endpoint("127.0.0.1", free_port(), TlsPolicy.NONE))()
    assert (Stage.CONNECT, FaultCode.CONNECT_REFUSED) == (error.value.stage, error.value.fault.code)


@law("every-address")
def test_the_next_address_is_tried_when_one_refuses() -> None:
    """[refuse, accept]."""
    with ScriptedServer() as server:

        def resolve(host: str, port: int, timeout: float) -> list[SocketAddress]:
            del host, timeout
            return [
                (socket.AF_INET, ("127.0.0.1", free_port())),
                (socket.AF_INET, ("127.0.0.1", port)),
            ]

        stream = dial("relay.test", server.port, PATIENT, resolve)
        stream.close()
        wait_until(lambda: server.served)


@law("every-address")
def test_a_host_without_an_address_is_a_dns_failure() -> None:
    """An empty answer, and none."""
    with pytest.raises(OpeningError) as error:
        dial("relay.test", 25, PATIENT, lambda _host, _port, _timeout: [])
    assert FaultCode.DNS_FAILURE is error.value.fault.code
    with pytest.raises(OpeningError) as error:
        dial("no..name", 25, PATIENT)
    assert FaultCode.DNS_FAILURE is error.value.fault.code


@law("every-address")
def test_a_black_hole_leaves_time_for_the_next_address() -> None:
    """[hang, accept] within the budget."""
    with ScriptedServer() as server, socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # fill its backlog, so that a further connect hangs
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        hole = full.getsockname()

        def resolve(host: str, port: int, timeout: float) -> list[SocketAddress]:
            del host, timeout
            return [(socket.AF_INET, hole), (socket.AF_INET, ("127.0.0.1", port))]

        stream = dial("relay.test", server.port, impatient(connect_address=0.2), resolve)
        peer = stream.socket.getpeername()
        stream.close()
        for each in waiting:
            each.close()
        assert server.port == peer[1]


def test_the_endpoint_says_where_it_is() -> None:
    """For facts and logs; an IPv6 address in brackets."""
    with ScriptedServer() as server:
        assert f"127.0.0.1:{server.port}" == clear(server).name
    assert "[::1]:25" == Endpoint("::1", 25).name
