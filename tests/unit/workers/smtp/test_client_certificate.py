"""Our own certificate, for relays that ask for one; its files, and what is wrong with them."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from tests.client_certificate import OwnCertificate, make_own_certificate
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Script
from tests.unit.workers.smtp.carrying import PATIENT, carry, codes, to
from tests.unit.workers.smtp.certificates import Authority
from workers.smtp.auth import CertificateCredentials
from workers.smtp.endpoint import ClientCertificate, Endpoint, TlsPolicy
from workers.smtp.errors import AuthFailedError, FaultCode, FileRefusedError, OpeningError
from workers.smtp.opening import Opener

BOTH = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def demanding(authority: Authority, own: OwnCertificate, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Make a server's context that wants just this certificate."""
    context = authority.server("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cafile=own.cert_file)
    context.minimum_version = context.maximum_version = version
    return context


def endpoint(
    server: ScriptedServer,
    authority: Authority,
    shown: ClientCertificate | None,
    policy: TlsPolicy = TlsPolicy.REQUIRED,
) -> Endpoint:
    """Name a server that verifies us, and that we verify."""
    return Endpoint(
        server.host,
        server.port,
        policy,
        ca_file=authority.ca_file,
        client_certificate=shown,
        timeouts=PATIENT,
    )


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("password", ["", "of the key"])
def test_a_relay_that_asks_who_we_are_is_shown_it(
    version: ssl.TLSVersion, password: str, tmp_path: Path, authority: Authority, *, implicit: bool
) -> None:
    """By both ways into TLS, the key encrypted or not (RFC 8446 4.4.2)."""
    own = make_own_certificate(tmp_path, password=password)
    script = Script(ehlo=["STARTTLS"], tls=demanding(authority, own, version), implicit=implicit)
    with ScriptedServer(script) as server:
        shown = ClientCertificate(own.cert_file, own.key_file, password)
        policy = TlsPolicy.IMPLICIT if implicit else TlsPolicy.REQUIRED
        connection = Opener(endpoint(server, authority, shown, policy))()
        assert [250] == codes(carry(connection, to("a")))
        connection.quit()


@pytest.mark.parametrize("version", BOTH)
def test_a_relay_that_demands_one_and_is_shown_none_is_not_used(
    version: ssl.TLSVersion, tmp_path: Path, authority: Authority
) -> None:
    """The relay's fault or ours, and no message's; not a byte of MAIL."""
    own = make_own_certificate(tmp_path)
    script = Script(ehlo=["STARTTLS"], tls=demanding(authority, own, version))
    with ScriptedServer(script) as server:
        with pytest.raises(OpeningError):
            Opener(endpoint(server, authority, None))()
        assert "MAIL" not in server.last.verbs


def test_external_says_no_more_than_the_certificate(tmp_path: Path, authority: Authority) -> None:
    """RFC 4422 A: no identity to act as, and an empty initial response is `=` (RFC 4954 4)."""
    own = make_own_certificate(tmp_path)
    script = Script(
        ehlo=["STARTTLS"],
        ehlo_tls=["AUTH PLAIN EXTERNAL"],
        tls=demanding(authority, own, ssl.TLSVersion.TLSv1_3),
    )
    with ScriptedServer(script) as server:
        shown = ClientCertificate(own.cert_file, own.key_file)
        relay = replace(endpoint(server, authority, shown), credentials=CertificateCredentials())
        Opener(relay)().quit()
        assert b"AUTH EXTERNAL =" in server.last.lines


@pytest.mark.parametrize(
    ("offered", "reply", "code"),
    [
        ("AUTH EXTERNAL", b"535 5.7.8 who are you\r\n", FaultCode.REFUSED),
        ("AUTH PLAIN LOGIN", b"235 ok\r\n", FaultCode.AUTH_UNAVAILABLE),
    ],
)
def test_a_certificate_that_is_not_taken_is_a_refused_login(
    offered: str, reply: bytes, code: FaultCode, tmp_path: Path, authority: Authority
) -> None:
    """Ours to mend: the relay is parked by it."""
    own = make_own_certificate(tmp_path)
    context = demanding(authority, own, ssl.TLSVersion.TLSv1_3)
    script = Script(ehlo=["STARTTLS"], ehlo_tls=[offered], tls=context, auth=[reply])
    with ScriptedServer(script) as server:
        shown = ClientCertificate(own.cert_file, own.key_file)
        relay = replace(endpoint(server, authority, shown), credentials=CertificateCredentials())
        with pytest.raises(AuthFailedError) as error:
            Opener(relay)()
        assert code is error.value.fault.code


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ({"cert_file": Path("none.pem")}, "client_cert_file"),
        ({"key_file": Path("none.key")}, "client_key_file"),
        ({"cert_file": Path("text")}, "client_cert_file"),
        ({"key_file": Path("text")}, "client_key_file"),
        ({"key_file": Path("other.key")}, "client_key_file"),
        ({"key_file": Path("locked.key")}, "client_key_file"),
        ({"key_file": Path("locked.key"), "key_password": "wrong"}, "client_key_file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_before_the_first_session(
    broken: dict[str, str | Path], field: str, tmp_path: Path
) -> None:
    """In one line; an encrypted key never asks for its password at the terminal."""
    own = make_own_certificate(tmp_path)
    make_own_certificate(tmp_path, "other")
    make_own_certificate(tmp_path, "locked", "a secret")
    (tmp_path / "text").write_text("nothing")
    found = {
        name: tmp_path / value if isinstance(value, Path) else value
        for name, value in broken.items()
    }
    shown = replace(ClientCertificate(own.cert_file, own.key_file), **found)  # type: ignore[arg-type]  # as the parameters have it

    with pytest.raises(FileRefusedError) as refused:
        Opener(Endpoint("h", 25, client_certificate=shown))

    assert (field, getattr(shown, field.removeprefix("client_"))) == (
        refused.value.field,
        refused.value.path,
    )
    assert refused.value.reason
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)
