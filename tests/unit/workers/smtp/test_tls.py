"""TLS: begun when it must be, verified, and nothing from before it believed."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.laws.registry import law
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Act, Close, Drip, EarlyInTls, Script, Silence, StartTls
from tests.unit.workers.smtp.carrying import PATIENT, carry, codes, impatient, to
from tests.unit.workers.smtp.certificates import Authority
from workers.smtp.auth import Credentials
from workers.smtp.endpoint import Endpoint, TlsPolicy
from workers.smtp.errors import (
    AuthFailedError,
    FaultCode,
    FileRefusedError,
    InsecureError,
    OpeningError,
    Stage,
    UnreachableError,
)
from workers.smtp.opening import Opener
from workers.smtp.timeouts import Timeouts

OFFER = ("PIPELINING", "STARTTLS")


def endpoint(
    server: ScriptedServer,
    ca_file: Path | None,
    tls: TlsPolicy = TlsPolicy.REQUIRED,
    host: str = "localhost",
    *,
    timeouts: Timeouts = PATIENT,
    credentials: Credentials | None = None,
) -> Endpoint:
    """Make an endpoint that trusts this authority."""
    return Endpoint(
        host, server.port, tls, ca_file=ca_file, timeouts=timeouts, credentials=credentials
    )


@law("tls-forgets")
def test_starttls_is_followed_by_ehlo_and_only_the_second_answer_counts(
    authority: Authority,
) -> None:
    """RFC 3207 4.2: what was offered in clear text is forgotten."""
    tls = authority.server("localhost")
    script = Script(ehlo=(*OFFER, "SIZE 10", "AUTH PLAIN"), ehlo_tls=("8BITMIME",), tls=tls)
    with ScriptedServer(script) as server:
        connection = Opener(endpoint(server, authority.ca_file))()
        result = carry(connection, to("a"))
        connection.quit()
        assert [250] == codes(result)
        assert ("8BITMIME",) == result.connection.capabilities
        assert (result.connection.tls_version or "").startswith("TLSv1.")
        assert result.connection.tls_cipher
        assert ["EHLO", "STARTTLS", "EHLO", "MAIL"] == server.last.verbs[:4]


@law("starttls-injection")
@pytest.mark.parametrize(
    "injected", [b"250-evil\r\n250 AUTH PLAIN\r\n", b"250 e", b"220 again\r\n"]
)
def test_what_is_injected_behind_the_220_is_never_believed(
    authority: Authority, injected: bytes
) -> None:
    """CVE-2021-38371, CVE-2026-41319: the session ends, with no EHLO and no AUTH."""
    tls = authority.server("localhost")
    script = Script(ehlo=OFFER, tls=tls, starttls=[StartTls(injected, handshake=False)])
    with ScriptedServer(script) as server:
        with pytest.raises(InsecureError):
            Opener(endpoint(server, authority.ca_file))()
        assert ["EHLO", "STARTTLS"] == server.last.verbs


@law("unasked-in-tls")
def test_what_is_said_in_tls_before_our_ehlo_ends_the_session(authority: Authority) -> None:
    """CVE-2011-0411: a reply with no command outstanding."""
    tls = authority.server("localhost")
    script = Script(ehlo=OFFER, tls=tls, starttls=[StartTls(afterwards=b"250 early\r\n" * 2)])
    with ScriptedServer(script) as server:
        with pytest.raises(UnreachableError) as error:
            Opener(endpoint(server, authority.ca_file))()
        assert FaultCode.PROTOCOL_ERROR is error.value.fault.code


@law("unasked-in-tls")
def test_what_comes_with_the_end_of_the_handshake_is_never_the_answer_to_ehlo(
    authority: Authority,
) -> None:
    """It is there before we have said a word; then no word is said."""
    tls = authority.server("localhost")
    tls.maximum_version = ssl.TLSVersion.TLSv1_2  # its handshake ends with the server's flight
    early = EarlyInTls(b"250 early\r\n")
    with ScriptedServer(Script(ehlo=OFFER, tls=tls, starttls=[early])) as server:
        with pytest.raises(UnreachableError) as error:
            Opener(endpoint(server, authority.ca_file))()
        assert (Stage.TLS, FaultCode.PROTOCOL_ERROR) == (error.value.stage, error.value.fault.code)


@law("starttls-stripped", "starttls-refused")
@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(ehlo=("PIPELINING", "STARTTLSX")), None),
        (Script(ehlo=OFFER, starttls=[b"454 4.7.0 TLS not available\r\n"]), 454),
        (Script(ehlo=OFFER, starttls=[b"502 5.5.1 what\r\n"]), 502),
        (Script(ehlo=OFFER, starttls=[b"421 4.3.2 no\r\n"]), 421),
    ],
)
def test_without_starttls_nothing_goes_out_where_tls_is_required(
    script: Script, code: int | None
) -> None:
    """CVE-2016-0772: no MAIL and no AUTH in clear text, and no recipient's fault."""
    with ScriptedServer(script) as server:
        relay = endpoint(server, None, credentials=Credentials("user", "secret"))
        with pytest.raises(InsecureError) as error:
            Opener(relay)()
        reply = error.value.reply
        assert code == (reply and reply.code)
        assert FaultCode.STARTTLS_UNAVAILABLE is error.value.fault.code
        assert {"EHLO", "STARTTLS", "QUIT"} >= set(server.last.verbs)


@law("starttls-refused")
def test_a_refused_starttls_leaves_an_opportunistic_session_as_it_was() -> None:
    """Decided: on in the same session, with what the first EHLO said, and no second one."""
    with ScriptedServer(Script(ehlo=OFFER, starttls=[b"454 4.7.0 not now\r\n"])) as server:
        connection = Opener(endpoint(server, None, TlsPolicy.OPPORTUNISTIC))()
        result = carry(connection, to("a"))
        connection.quit()
        assert [250] == codes(result)
        assert result.connection.tls_version is None
        assert ["EHLO", "STARTTLS", "MAIL"] == server.last.verbs[:3]


@law("starttls-refused")
def test_a_failed_handshake_ends_the_connection_even_if_tls_is_opportunistic(
    authority: Authority,
) -> None:
    """Never reuse the socket, and never try again in clear text by itself."""
    script = Script(
        ehlo=OFFER, tls=authority.server("localhost"), starttls=[StartTls(handshake=False)]
    )
    with ScriptedServer(script) as server:
        relay = endpoint(server, None, TlsPolicy.OPPORTUNISTIC)
        with pytest.raises(InsecureError) as error:
            Opener(relay)()
        assert Stage.TLS is error.value.stage
        assert 1 == len(server.served)


def test_opportunistic_tls_verifies_only_who_gets_a_password(authority: Authority) -> None:
    """RFC 7435: listeners are kept out; but credentials want to know where they go."""
    script = Script(ehlo=(*OFFER, "AUTH PLAIN"), tls=authority.server("elsewhere.test"))
    with ScriptedServer(script) as server:
        connection = Opener(endpoint(server, None, TlsPolicy.OPPORTUNISTIC))()
        assert connection.facts.tls_version is not None
        connection.quit()
        relay = endpoint(
            server, None, TlsPolicy.OPPORTUNISTIC, credentials=Credentials("user", "secret")
        )
        with pytest.raises(InsecureError):
            Opener(relay)()


@law("wrong-tls-port", "certificate-verified")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_implicit_tls_is_verified_by_the_configured_name(authority: Authority, host: str) -> None:
    """RFC 8314 3.3: a name, or an address that is in the certificate."""
    script = Script(tls=authority.server("localhost", "127.0.0.1"), implicit=True)
    with ScriptedServer(script) as server:
        connection = Opener(endpoint(server, authority.ca_file, TlsPolicy.IMPLICIT, host))()
        assert [250] == codes(carry(connection, to("a")))
        connection.quit()


@law("certificate-verified")
@pytest.mark.parametrize(
    ("named", "host"), [("localhost", "127.0.0.1"), ("127.0.0.1", "localhost")]
)
def test_another_name_of_the_same_machine_is_not_the_configured_one(
    authority: Authority, named: str, host: str
) -> None:
    """The check is against what was configured, not what it resolves to."""
    with ScriptedServer(Script(tls=authority.server(named), implicit=True)) as server:
        with pytest.raises(InsecureError):
            Opener(endpoint(server, authority.ca_file, TlsPolicy.IMPLICIT, host))()
        assert [] == server.last.lines


@law("certificate-verified")
def test_the_configured_name_is_told_to_the_server(authority: Authority) -> None:
    """SNI."""
    names: list[str | None] = []
    tls = authority.server("localhost")
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    with ScriptedServer(Script(tls=tls, implicit=True)) as server:
        Opener(endpoint(server, authority.ca_file, TlsPolicy.IMPLICIT))().quit()
        assert ["localhost"] == names


@law("certificate-verified")
@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRED, TlsPolicy.IMPLICIT])
@pytest.mark.parametrize("flaw", ["unknown authority", "wrong name", "name in CN only", "expired"])
def test_a_certificate_that_cannot_be_trusted_is_not(
    authority: Authority, policy: TlsPolicy, flaw: str
) -> None:
    """Nothing is said over such a connection."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    tls = {
        "unknown authority": lambda: authority.server("localhost"),
        "wrong name": lambda: authority.server("elsewhere.test"),
        "name in CN only": lambda: authority.server(common_name="localhost"),
        "expired": lambda: authority.server("localhost", until=yesterday),
    }[flaw]()
    ca_file = None if flaw == "unknown authority" else authority.ca_file
    script = Script(ehlo=OFFER, tls=tls, implicit=policy is TlsPolicy.IMPLICIT)
    with ScriptedServer(script) as server:
        with pytest.raises(InsecureError) as error:
            Opener(endpoint(server, ca_file, policy))()
        assert (Stage.TLS, FaultCode.TLS_FAILURE) == (error.value.stage, error.value.fault.code)
        assert {"EHLO", "STARTTLS"} >= set(server.last.verbs)


@law("wrong-tls-port")
def test_implicit_tls_to_a_plain_server_fails_at_once(authority: Authority) -> None:
    """The wrong port (aiosmtplib#50 hung)."""
    with ScriptedServer() as server:
        with pytest.raises(InsecureError) as error:
            Opener(endpoint(server, authority.ca_file, TlsPolicy.IMPLICIT))()
        assert Stage.TLS is error.value.stage


@law("wrong-tls-port")
def test_a_handshake_that_stalls_meets_its_deadline(authority: Authority) -> None:
    """TLS that never comes."""
    script = Script(greeting=[Drip(b"")])
    with ScriptedServer(script) as server:
        relay = endpoint(
            server, authority.ca_file, TlsPolicy.IMPLICIT, timeouts=impatient(tls_handshake=0.2)
        )
        with pytest.raises(InsecureError) as error:
            Opener(relay)()
        assert "0.2 s" in error.value.fault.detail


@law("tls-end-without-notify", "quit-changes-nothing")
@pytest.mark.parametrize("goodbye", [Close(), Silence(), b"421 4.0.0 whatever\r\n"])
def test_quit_over_tls_is_over_soon_whatever_the_server_does(
    authority: Authority, goodbye: Act
) -> None:
    """SES closes without 221 and without close_notify."""
    script = Script(tls=authority.server("localhost"), implicit=True, quit=[goodbye])
    with ScriptedServer(script) as server:
        relay = endpoint(
            server, authority.ca_file, TlsPolicy.IMPLICIT, timeouts=impatient(quit=0.2)
        )
        connection = Opener(relay)()
        result = carry(connection, to("a"))
        connection.quit()
        assert [250] == codes(result)
        assert not connection.usable


def test_a_large_message_passes_through_tls_whole(authority: Authority) -> None:
    """Records, partial writes and all."""
    content = b"Subject: x\r\n\r\n" + b".0123456789abcdef\r\n" * 60_000
    with ScriptedServer(Script(tls=authority.server("localhost"), implicit=True)) as server:
        connection = Opener(endpoint(server, authority.ca_file, TlsPolicy.IMPLICIT))()
        result = carry(connection, to("a", content=content))
        connection.quit()
        assert [250] == codes(result)
        assert content.replace(b"\r\n.", b"\r\n..") == server.last.messages[0]


def test_a_file_that_holds_no_certificate_is_refused_early(tmp_path: Path) -> None:
    """When the opener is made, not when mail waits."""
    nothing = tmp_path / "none.pem"
    nothing.write_text("nothing")

    with pytest.raises(FileRefusedError, match="ca_file: "):
        Opener(Endpoint("h", 25, ca_file=nothing))


def test_the_family_of_errors_is_one() -> None:
    """A caller can catch what no message is to blame for."""
    assert all(
        issubclass(kind, OpeningError)
        for kind in (UnreachableError, InsecureError, AuthFailedError)
    )
