"""XOAUTH2 over a connection: what Google and Microsoft do with it."""

import base64

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Script
from tests.unit.workers.smtp.carrying import PATIENT
from workers.smtp.auth import TokenCredentials, TokenUnavailableError
from workers.smtp.connection import Connection
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import AuthFailedError, FaultCode, OpeningError, UnreachableError
from workers.smtp.login import log_in
from workers.smtp.opening import Opener

WELCOME = b"235 2.7.0 Accepted\r\n"
REFUSED = b"535 5.7.8 Username and Password not accepted\r\n"
ERROR = b"334 " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}') + b"\r\n"


class Tokens:
    """A token source that has these, one after the other, and remembers which were refused."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.refused: list[str] = []

    def __call__(self, refused: str = "") -> str:
        if refused:
            self.refused.append(refused)
            if refused == self._tokens[0] and len(self._tokens) > 1:
                self._tokens.pop(0)
        return self._tokens[0]


class NoTokens:
    """A token source that has none."""

    def __init__(self, *, is_transient: bool) -> None:
        self._is_transient = is_transient

    def __call__(self, refused: str = "") -> str:
        del refused
        raise TokenUnavailableError("invalid_grant", is_transient=self._is_transient)


def offering(*auth: Act, mechanisms: str = "LOGIN PLAIN XOAUTH2") -> Script:
    """Make a server that offers more than XOAUTH2."""
    return Script(ehlo=(f"AUTH {mechanisms}",), auth=auth)


def open_session(server: ScriptedServer, tokens: Tokens | NoTokens) -> Connection:
    """Log in as user@example.com."""
    credentials = TokenCredentials("user@example.com", tokens)
    return Opener(
        Endpoint(server.host, server.port, TlsPolicy.NONE, credentials, timeouts=PATIENT)
    )()


def response(token: str) -> bytes:
    """Write the response as Google documents it."""
    return base64.b64encode(f"user=user@example.com\x01auth=Bearer {token}\x01\x01".encode())


def test_a_short_token_goes_with_the_command() -> None:
    """One round trip."""
    with ScriptedServer(offering(WELCOME)) as server:
        open_session(server, Tokens("ya29.short")).quit()

    assert [b"AUTH XOAUTH2 " + response("ya29.short")] == server.last.lines[1:2]


@law("long-initial-response")
def test_a_long_token_waits_for_334() -> None:
    """Microsoft's have 2,000 octets, a command line 512 (RFC 5321 4.5.3.1.4)."""
    token = "e" * 2_000
    with ScriptedServer(offering(b"334 \r\n", WELCOME)) as server:
        open_session(server, Tokens(token)).quit()

    assert [b"AUTH XOAUTH2", response(token)] == server.last.lines[1:3]


def test_a_token_that_no_line_can_hold_is_not_sent() -> None:
    """12,288 octets is the longest response (RFC 4954 4)."""
    with ScriptedServer(offering(b"334 \r\n", b"501 cancelled\r\n")) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server, Tokens("e" * 12_000))
        assert FaultCode.AUTH_UNAVAILABLE is error.value.fault.code

    assert b"e" * 50 not in server.last.raw
    assert b"*" in server.last.lines


@law("empty-responses")
def test_the_error_in_a_334_is_answered_with_an_empty_line() -> None:
    """Google's way to refuse: JSON in a 334, and 535 only after an empty response."""
    with ScriptedServer(offering(ERROR, REFUSED)) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server, Tokens("ya29.old"))
        assert error.value.reply is not None
        assert 535 == error.value.reply.code

    assert [b"AUTH XOAUTH2 " + response("ya29.old"), b""] == server.last.lines[1:3]


@pytest.mark.parametrize("refusal", [(REFUSED,), (ERROR, REFUSED)])
def test_a_refused_token_is_replaced_once(refusal: tuple[Act, ...]) -> None:
    """It may have been revoked; on the same connection, since nothing else is wrong with it."""
    tokens = Tokens("old", "new", "newer")
    with ScriptedServer(offering(*refusal, WELCOME)) as server:
        open_session(server, tokens).quit()

    assert ["old"] == tokens.refused
    assert b"AUTH XOAUTH2 " + response("new") in server.last.lines


def test_a_fresh_token_that_is_refused_too_is_the_end() -> None:
    """Then it is the account."""
    with ScriptedServer(offering(REFUSED)) as server, pytest.raises(AuthFailedError):
        open_session(server, Tokens("old", "new", "newer"))

    assert 2 == server.last.verbs.count("AUTH")


@pytest.mark.parametrize("code", [454, 421, 432])
def test_a_refusal_that_does_not_speak_of_the_token_leaves_it(code: int) -> None:
    """The server is busy; the token is as good as before."""
    tokens = Tokens("old", "new")
    script = offering(b"%d 4.7.0 later\r\n" % code)
    with ScriptedServer(script) as server, pytest.raises(AuthFailedError):
        open_session(server, tokens)

    assert [] == tokens.refused


@pytest.mark.parametrize(
    ("is_transient", "expected"), [(True, UnreachableError), (False, AuthFailedError)]
)
def test_without_a_token_nothing_is_said(
    *, is_transient: bool, expected: type[OpeningError]
) -> None:
    """A grant that is refused is the operator's to mend; a token server that is away comes back."""
    source = NoTokens(is_transient=is_transient)
    with ScriptedServer(offering(WELCOME)) as server, pytest.raises(OpeningError) as error:
        open_session(server, source)

    assert "invalid_grant" in error.value.fault.detail
    assert expected is type(error.value)
    assert "AUTH" not in server.last.verbs


def test_a_relay_without_xoauth2_gets_no_token() -> None:
    """It would read it as a password, and log it."""
    with ScriptedServer(offering(WELCOME, mechanisms="PLAIN LOGIN SCRAM-SHA-256")) as server:
        with pytest.raises(AuthFailedError) as error:
            open_session(server, Tokens("ya29.x"))
        assert FaultCode.AUTH_UNAVAILABLE is error.value.fault.code

    assert "AUTH" not in server.last.verbs


@law("no-password-in-clear")
def test_no_token_is_asked_for_where_it_may_not_be_said() -> None:
    """In the clear to another machine."""
    tokens = Tokens("ya29.x")
    with ScriptedServer(offering(WELCOME)) as server:
        connection = Opener(Endpoint(server.host, server.port, TlsPolicy.NONE, timeouts=PATIENT))()
        with pytest.raises(AuthFailedError):
            log_in(connection, TokenCredentials("u", tokens), may_speak=False)
        connection.quit()

    assert "AUTH" not in server.last.verbs


@law("refused-credentials")
def test_an_echoed_token_is_in_no_error() -> None:
    """Errors end in logs."""
    token = "ya29.echoed"
    echo = b"535 5.7.8 bad: %s (%s)\r\n" % (response(token), token.encode())
    with ScriptedServer(offering(echo)) as server, pytest.raises(AuthFailedError) as error:
        open_session(server, Tokens(token))

    assert token not in repr(error.value) + repr(error.value.reply)
    assert response(token).decode() not in repr(error.value.reply)


def test_a_user_name_cannot_end_its_field() -> None:
    """Control-A separates; whoever could write one could bring a token of their own."""
    credentials = TokenCredentials("a\x01auth=Bearer x", Tokens("t"))
    with ScriptedServer(offering(WELCOME)) as server:
        connection = Opener(Endpoint(server.host, server.port, TlsPolicy.NONE, timeouts=PATIENT))()
        with pytest.raises(AuthFailedError):
            log_in(connection, credentials, may_speak=True)
        connection.quit()

    assert "AUTH" not in server.last.verbs
