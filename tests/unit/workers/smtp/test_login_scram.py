"""SCRAM over a connection, with the example of RFC 7677: an honest server, and cheating ones."""

import base64

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Script
from tests.unit.workers.smtp.carrying import PATIENT
from workers.smtp.auth import Credentials
from workers.smtp.connection import Connection
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import AuthFailedError, FaultCode
from workers.smtp.opening import Opener

WHO = Credentials("user", "pencil")
NONCE = base64.b64decode("rOprNGfwEbeRWgbNEkqO")
FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
WELCOME = b"235 2.7.0 welcome\r\n"


@pytest.fixture(autouse=True)
def _known_nonce(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.smtp.scram.secrets.token_bytes", lambda _: NONCE)


def challenge(message: bytes) -> bytes:
    """Write a 334."""
    return b"334 " + base64.b64encode(message) + b"\r\n"


def offering(*auth: Act) -> Script:
    """Make a server that offers more than SCRAM."""
    return Script(ehlo=("AUTH LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256",), auth=auth)


def open_session(server: ScriptedServer) -> Connection:
    """Log in."""
    return Opener(Endpoint(server.host, server.port, TlsPolicy.NONE, WHO, timeouts=PATIENT))()


def test_the_password_never_travels() -> None:
    """RFC 7677 3; the last response is empty, since 235 has no room for the signature."""
    with ScriptedServer(offering(challenge(FIRST), challenge(FINAL), WELCOME)) as server:
        open_session(server).quit()

    assert [
        b"AUTH SCRAM-SHA-256 " + base64.b64encode(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"),
        base64.b64encode(
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        ),
        b"",
    ] == server.last.lines[1:4]
    assert b"pencil" not in server.last.raw
    assert base64.b64encode(b"pencil") not in server.last.raw


@pytest.mark.parametrize(
    "auth",
    [
        (challenge(FIRST), WELCOME),
        (challenge(FIRST), challenge(b"e=other-error"), WELCOME),
        (challenge(FIRST), challenge(b"v=AAAA"), b"501 cancelled\r\n", WELCOME),
        (challenge(b"r=theirs,s=c2FsdA==,i=4096"), b"501 cancelled\r\n", WELCOME),
        (challenge(FIRST.replace(b"4096", b"1")), b"501 cancelled\r\n", WELCOME),
        (b"334 Password?\r\n", b"501 cancelled\r\n", WELCOME),
        (WELCOME,),
    ],
)
def test_an_impostor_gets_no_mail_and_no_password(auth: tuple[Act, ...]) -> None:
    """No weaker mechanism is tried after it: that would be what the impostor wants."""
    with ScriptedServer(offering(*auth)) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server)
        assert FaultCode.AUTH_UNAVAILABLE is error.value.fault.code

    assert 1 == server.last.verbs.count("AUTH")
    assert "MAIL" not in server.last.verbs


@law("next-mechanism")
def test_a_wrong_password_is_tried_once() -> None:
    """The account would be locked."""
    with ScriptedServer(offering(challenge(FIRST), b"535 5.7.8 no\r\n")) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server)
        assert error.value.reply is not None
        assert 535 == error.value.reply.code

    assert 1 == server.last.verbs.count("AUTH")


@law("next-mechanism")
def test_a_server_that_does_not_take_it_after_all_gets_the_next() -> None:
    """504 speaks of the mechanism."""
    with ScriptedServer(offering(b"504 5.5.4 not here\r\n", WELCOME)) as server:
        open_session(server).quit()

    assert [b"AUTH SCRAM-SHA-256", b"AUTH PLAIN"] == [
        b" ".join(line.split()[:2]) for line in server.last.lines[1:3]
    ]
