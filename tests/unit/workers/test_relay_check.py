"""What a walk with a relay shows, and where it ends."""

from pathlib import Path

import pytest

from tests.ports import LOOPBACK, free_port
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Close, Script
from tests.unit.workers.smtp.certificates import make_authority
from workers.relay_check.walk import Walk, walk
from workers.smtp.auth import Credentials
from workers.smtp.endpoint import Endpoint, TlsPolicy

SECRET = "s3cret"
OFFERED = ("SIZE 1000", "AUTH PLAIN LOGIN")


def _walk(
    script: Script,
    folder: Path,
    tls: TlsPolicy = TlsPolicy.REQUIRED,
    credentials: Credentials | None = None,
) -> Walk:
    with ScriptedServer(script) as server:
        ca_file = None if tls is TlsPolicy.NONE else folder / "ca.pem"
        return walk(Endpoint(LOOPBACK, server.port, tls, credentials, ca_file))


def _names(seen: Walk) -> list[str]:
    return [step.name if step.ok else f"{step.name}!" for step in seen.steps]


def test_every_step_is_timed_and_what_is_offered_is_told(tmp_path: Path) -> None:
    """From the connection to QUIT, with the certificate."""
    tls = make_authority(tmp_path).server(LOOPBACK, common_name="relay.test")
    script = Script(ehlo=("STARTTLS",), ehlo_tls=OFFERED, tls=tls)

    seen = _walk(script, tmp_path, credentials=Credentials("ada", SECRET))

    assert seen.ok
    assert [
        "connect", "greeting", "ehlo", "starttls", "tls", "ehlo", "auth", "noop", "vrfy", "quit",
    ] == _names(seen)  # fmt: skip
    assert all(step.milliseconds is not None for step in seen.steps)
    assert {"SIZE": ["1000"], "AUTH": ["PLAIN", "LOGIN"]} == seen.capabilities
    assert seen.certificate is not None
    assert ("CN=relay.test", "CN=test authority", [LOOPBACK]) == (
        seen.certificate["subject"],
        seen.certificate["issuer"],
        seen.certificate["names"],
    )
    assert "TLSv1.3" == seen.tls_version


def test_implicit_tls_comes_before_the_greeting(tmp_path: Path) -> None:
    tls = make_authority(tmp_path).server(LOOPBACK)

    seen = _walk(Script(tls=tls, implicit=True), tmp_path, TlsPolicy.IMPLICIT)

    assert ["connect", "tls", "greeting", "ehlo", "noop", "vrfy", "quit"] == _names(seen)


def test_without_tls_there_is_no_certificate(tmp_path: Path) -> None:
    """And a relay that says 502 to VRFY is well: that is its right (RFC 5321 7.3)."""
    script = Script(vrfy=[b"502 5.5.1 no\r\n"])

    seen = _walk(script, tmp_path, TlsPolicy.NONE)

    assert seen.ok
    assert ["connect", "greeting", "ehlo", "noop", "vrfy", "quit"] == _names(seen)
    assert (None, None) == (seen.certificate, seen.tls_version)


def test_a_refused_password_is_told_with_the_relays_word_and_without_ours(tmp_path: Path) -> None:
    """Though the relay repeats it."""
    script = Script(ehlo=OFFERED, auth=[f"535 5.7.8 {SECRET} is wrong\r\n".encode()])

    seen = _walk(script, tmp_path, TlsPolicy.NONE, Credentials("ada", SECRET))

    assert not seen.ok
    assert ["connect", "greeting", "ehlo", "auth!"] == _names(seen)
    assert "535" in (seen.steps[-1].reply or "")
    assert SECRET not in repr(seen)


def test_a_certificate_of_nobody_known_ends_the_walk_at_tls(tmp_path: Path) -> None:
    tls = make_authority(tmp_path).server("another.test")

    seen = _walk(Script(ehlo=("STARTTLS",), tls=tls), tmp_path)

    assert ["connect", "greeting", "ehlo", "starttls", "tls!"] == _names(seen)
    assert seen.steps[-1].detail


def test_a_relay_that_is_not_there_ends_the_walk_at_once() -> None:
    seen = walk(Endpoint(LOOPBACK, free_port(), TlsPolicy.NONE))

    assert ["connect!"] == _names(seen)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (Script(noop=[b"421 4.3.2 bye\r\n"]), "noop!"),
        (Script(noop=[Close()]), "noop!"),
        (Script(quit=[Close()]), "quit!"),
    ],
)
def test_a_relay_that_breaks_off_is_not_well(tmp_path: Path, script: Script, expected: str) -> None:
    seen = _walk(script, tmp_path, TlsPolicy.NONE)

    assert not seen.ok
    assert expected in _names(seen)
