"""AUTH over a connection."""

import base64
from dataclasses import replace

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Close, Script
from tests.unit.workers.smtp.carrying import PATIENT
from workers.smtp.auth import Credentials
from workers.smtp.connection import Connection
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import AuthFailedError, FaultCode, OpeningError, Stage
from workers.smtp.login import log_in
from workers.smtp.opening import Opener
from workers.smtp.sockets import SocketStream, dial
from workers.smtp.timeouts import Timeouts

WHO = Credentials("user", "s3cret-word")
PLAIN = base64.b64encode(b"\0user\0s3cret-word")
PROMPT = b"334 VXNlcm5hbWU6\r\n"


def offering(*auth: Act, mechanisms: str = "PLAIN LOGIN") -> Script:
    """Make a server that offers AUTH on a loopback address in clear text."""
    return Script(ehlo=("PIPELINING", f"AUTH {mechanisms}"), auth=auth)


def open_session(server: ScriptedServer, credentials: Credentials = WHO) -> Connection:
    """Log in."""
    return Opener(
        Endpoint(server.host, server.port, TlsPolicy.NONE, credentials, timeouts=PATIENT)
    )()


def test_plain_goes_with_the_command() -> None:
    """One round trip (RFC 4954 4)."""
    with ScriptedServer(offering(b"235 2.7.0 welcome\r\n")) as server:
        open_session(server).quit()
        assert [b"AUTH PLAIN " + PLAIN] == server.last.lines[1:2]


@law("long-initial-response")
def test_an_initial_response_that_does_not_fit_waits_for_334() -> None:
    """Dovecot: `500 Line too long`: 512 octets with CRLF, then 12,288 for the rest."""
    long = Credentials("user", "p" * 400)
    with ScriptedServer(offering(b"334 \r\n", b"235 ok\r\n")) as server:
        open_session(server, long).quit()
        expected = base64.b64encode(b"\0user\0" + b"p" * 400)
        assert [b"AUTH PLAIN", expected] == server.last.lines[1:3]


@law("login-prompts")
@pytest.mark.parametrize("prompt", [PROMPT, b"334 \r\n", b"334\r\n", b"334 Benutzername?\r\n"])
def test_login_answers_whatever_the_prompts_say(prompt: bytes) -> None:
    """Odd and empty prompts."""
    script = offering(prompt, prompt, b"235 ok\r\n", mechanisms="LOGIN")
    with ScriptedServer(script) as server:
        open_session(server).quit()
        expected = [b"AUTH LOGIN", *map(base64.b64encode, (b"user", b"s3cret-word"))]
        assert expected == server.last.lines[1:4]


@law("next-mechanism")
@pytest.mark.parametrize("code", [504, 534])
def test_a_mechanism_that_is_not_taken_gives_way_to_the_next(code: int) -> None:
    """Too weak, or not known after all."""
    refusal = b"%d 5.7.9 not this one\r\n" % code
    with ScriptedServer(offering(refusal, PROMPT, PROMPT, b"235 ok\r\n")) as server:
        open_session(server).quit()
        assert [b"AUTH PLAIN " + PLAIN, b"AUTH LOGIN"] == server.last.lines[1:3]


@law("next-mechanism", "refused-credentials")
@pytest.mark.parametrize("code", [535, 454, 432, 530, 421])
def test_a_refused_account_is_not_tried_with_another_mechanism(code: int) -> None:
    """It would lock the account; and it is nobody's bounce."""
    with ScriptedServer(offering(b"%d 5.7.8 no\r\n" % code)) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server)
        reply = error.value.reply
        assert reply is not None
        assert (Stage.AUTH, FaultCode.REFUSED, code) == (
            error.value.stage,
            error.value.fault.code,
            reply.code,
        )
        assert 1 == server.last.verbs.count("AUTH")


@law("next-mechanism")
def test_a_relay_that_is_held_to_a_mechanism_hears_no_other() -> None:
    """For a server that offers what it cannot do, and says 535 to it."""
    pinned = replace(WHO, mechanism="LOGIN")
    with ScriptedServer(offering(b"504 5.5.4 not here\r\n")) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server, pinned)
        assert FaultCode.REFUSED is error.value.fault.code
        assert [b"AUTH LOGIN"] == server.last.lines[1:-1]


def test_a_mechanism_that_is_not_offered_is_not_replaced_by_another() -> None:
    """Whoever pinned SCRAM did not want the password to travel."""
    pinned = replace(WHO, mechanism="SCRAM-SHA-256")
    with ScriptedServer(offering(b"235 ok\r\n")) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server, pinned)
        assert FaultCode.AUTH_UNAVAILABLE is error.value.fault.code
        assert "SCRAM-SHA-256; the relay offers: PLAIN LOGIN" in error.value.fault.detail
        assert "AUTH" not in server.last.verbs


@law("next-mechanism")
@pytest.mark.parametrize("mechanisms", ["CRAM-MD5 GSSAPI", ""])
def test_without_a_mechanism_in_common_nothing_is_tried(mechanisms: str) -> None:
    """And the fault is ours to tell."""
    with ScriptedServer(offering(b"235 ok\r\n", mechanisms=mechanisms)) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server)
        assert (FaultCode.AUTH_UNAVAILABLE, None) == (error.value.fault.code, error.value.reply)
        assert "AUTH" not in server.last.verbs


@law("no-password-in-clear")
def test_no_byte_of_it_goes_over_a_connection_that_may_not_carry_it() -> None:
    """RFC 4954 4: whatever is offered."""
    with ScriptedServer(offering(b"235 ok\r\n")) as server:
        connection = Opener(Endpoint(server.host, server.port, TlsPolicy.NONE, timeouts=PATIENT))()
        with pytest.raises(AuthFailedError) as error:
            log_in(connection, WHO, may_speak=False)
        connection.quit()
        assert FaultCode.AUTH_UNAVAILABLE is error.value.fault.code
        assert "AUTH" not in server.last.verbs


class FarStream(SocketStream):
    """A connection to this machine that takes it for another one."""

    @property
    def peer_address(self) -> str:
        return "192.0.2.1"


@law("no-password-in-clear")
def test_only_a_peer_on_this_machine_is_told_in_clear() -> None:
    """RFC 4954 4: the address that we are connected to decides, not a name."""
    with ScriptedServer(offering(b"235 ok\r\n")) as server:
        near = Endpoint(server.host, server.port, TlsPolicy.NONE, credentials=WHO, timeouts=PATIENT)
        Opener(near)().quit()
        told = "AUTH" in server.last.verbs

        def far_away(host: str, port: int, timeouts: Timeouts) -> SocketStream:
            return FarStream(dial(host, port, timeouts).socket)

        with pytest.raises(AuthFailedError):
            Opener(near, dialer=far_away)()
        assert told
        assert "AUTH" not in server.last.verbs


@law("empty-responses")
def test_a_server_that_asks_for_ever_is_cancelled() -> None:
    """`*` ends it, and its answer is the last one."""
    with ScriptedServer(offering(*[b"334 \r\n"] * 9, b"501 5.0.0 cancelled\r\n")) as server:
        with pytest.raises(AuthFailedError):
            open_session(server)
        assert b"*" in server.last.lines


@law("refused-credentials")
@pytest.mark.parametrize(
    "act",
    [
        b"535 5.7.8 bad: AUTH PLAIN %s (s3cret-word)\r\n" % PLAIN,
        b"AUTH PLAIN %s\r\n" % PLAIN,
        b"421 4.7.0 s3cret-word %s\r\n" % PLAIN,
        b"235-s3cret-word\r\n454 %s\r\n" % PLAIN,
        Close(b"535 s3cret-word"),
    ],
)
def test_no_secret_is_in_an_error_though_the_server_echoes_it(act: Act) -> None:
    """Errors end in logs; the cause and the traceback's values too."""
    with ScriptedServer(offering(act)) as server, pytest.raises(OpeningError) as error:
        open_session(server)
    shown = ""
    told: BaseException | None = error.value
    while told is not None:
        shown += repr(told) + repr(vars(told))
        told = told.__cause__
    assert "s3cret" not in shown
    assert PLAIN.decode() not in shown


@law("one-login")
def test_a_second_authentication_is_never_tried_on_a_kept_connection() -> None:
    """RFC 4954 4: 503: it is part of opening, and only of that."""
    with ScriptedServer(offering(b"235 ok\r\n")) as server:
        connection = open_session(server)
        connection.check_quiet()
        connection.quit()
        assert 1 == server.last.verbs.count("AUTH")
