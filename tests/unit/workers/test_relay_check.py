"""What a walk with a relay shows, and where it ends."""

from pathlib import Path
from typing import Any

import pytest

from tests.ports import LOOPBACK, free_port
from tests.scripted_smtp import ScriptedServer
from tests.smtp_script import Close, Script, Silence
from tests.unit.workers.smtp.carrying import impatient
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


@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRED, TlsPolicy.IMPLICIT])
def test_a_refused_certificate_is_shown_with_the_reason_and_nothing_is_said_over_it(
    tmp_path: Path, policy: TlsPolicy
) -> None:
    """Nobody can mend a certificate that is not shown; and it is looked at, never trusted."""
    implicit = policy is TlsPolicy.IMPLICIT
    tls = make_authority(tmp_path).server("another.test", common_name="relay.test")
    script = Script(ehlo=("STARTTLS", "SIZE 7"), tls=tls, implicit=implicit)
    login = Credentials("ada", SECRET)

    with ScriptedServer(script) as server:
        seen = walk(Endpoint(LOOPBACK, server.port, policy, login, tmp_path / "ca.pem"))
        said = [served.verbs for served in server.served]

    before = ["connect"] if implicit else ["connect", "greeting", "ehlo", "starttls"]
    assert [*before, "tls!"] == _names(seen)
    assert "mismatch" in (seen.steps[-1].detail or "")
    assert "mismatch" in (seen.refused or "")
    assert seen.certificate is not None
    assert ("CN=relay.test", "CN=test authority", ["another.test"]) == (
        seen.certificate["subject"],
        seen.certificate["issuer"],
        seen.certificate["names"],
    )
    assert seen.certificate["not_before"] < seen.certificate["not_after"]
    assert ({} if implicit else {"STARTTLS": [], "SIZE": ["7"]}) == seen.capabilities
    assert 2 == len(said)
    assert [] == [verb for each in said for verb in each if verb not in {"EHLO", "STARTTLS"}]


@pytest.mark.parametrize(
    ("script", "phase", "expected"),
    [
        (Script(greeting=[Silence()]), "greeting", ["connect", "greeting!"]),
        (Script(hello=[Silence()]), "ehlo", ["connect", "greeting", "ehlo!"]),
        (Script(ehlo=OFFERED, auth=[Silence()]), "auth", ["connect", "greeting", "ehlo", "auth!"]),
        (Script(noop=[Silence()]), "rset", ["connect", "greeting", "ehlo", "auth", "noop!"]),
    ],
)
def test_a_walk_is_as_patient_as_a_worker(script: Script, phase: str, expected: list[str]) -> None:
    """A relay that a worker gives up is not called well: the configured time-outs count."""
    script.keywords[False] = OFFERED
    timeouts = impatient(**{phase: 0.05})
    with ScriptedServer(script) as server:
        login = Credentials("ada", SECRET)
        seen = walk(Endpoint(LOOPBACK, server.port, TlsPolicy.NONE, login, timeouts=timeouts))

    assert expected == _names(seen)
    assert "took more than 0.05 s" in (seen.steps[-1].detail or "")
    assert SECRET not in repr(seen)


def test_the_steps_before_a_failure_keep_their_replies_times_and_capabilities(
    tmp_path: Path,
) -> None:
    """They say how far it is well; the certificate of a relay that refuses AUTH is shown too."""
    tls = make_authority(tmp_path).server(LOOPBACK, common_name="relay.test")
    refusal = b"535 5.7.8 no\r\n"
    script = Script(ehlo=("STARTTLS",), ehlo_tls=OFFERED, tls=tls, auth=[refusal])

    seen = _walk(script, tmp_path, credentials=Credentials("ada", SECRET))

    names = ["connect", "greeting", "ehlo", "starttls", "tls", "ehlo", "auth!"]
    codes = ["", "220", "250", "220", "", "250", "535"]
    assert names == _names(seen)
    assert codes == [(step.reply or "")[:3] for step in seen.steps]
    assert all(step.milliseconds is not None for step in seen.steps)
    assert {"SIZE": ["1000"], "AUTH": ["PLAIN", "LOGIN"]} == seen.capabilities
    assert (True, None) == (seen.certificate is not None, seen.refused)


@pytest.mark.parametrize(
    ("script", "expected", "reply"),
    [
        (Script(greeting=[b"554 5.3.2 no\r\n"]), ["connect", "greeting!"], "554"),
        (Script(hello=[b"550 5.7.1 no\r\n"]), ["connect", "greeting", "ehlo!"], "550"),
        (Script(ehlo=("SIZE 1",)), ["connect", "greeting", "ehlo", "starttls!"], ""),
        (
            Script(ehlo=("STARTTLS",), starttls=[b"454 4.7.0 no\r\n"]),
            ["connect", "greeting", "ehlo", "starttls!"],
            "454",
        ),
    ],
)
def test_what_refuses_a_session_is_one_step_with_its_reply(
    tmp_path: Path, script: Script, expected: list[str], reply: str
) -> None:
    """Once, and last: what was refused is no step that went well before."""
    make_authority(tmp_path)

    seen = _walk(script, tmp_path)

    assert expected == _names(seen)
    assert reply == (seen.steps[-1].reply or "")[:3]
    assert seen.steps[-1].detail
    assert all(step.reply for step in seen.steps[1:-1])


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


@pytest.mark.parametrize("stage", ["greeting", "auth", "noop"])
def test_a_walk_that_has_a_limit_ends_with_it_wherever_the_relay_hangs(
    tmp_path: Path, stage: str
) -> None:
    """Whoever examines everything waits for no relay as long as a worker does."""
    acts: dict[str, Any] = {stage: [Silence()]}
    with ScriptedServer(Script(**{"ehlo": OFFERED} | acts)) as server:
        endpoint = Endpoint(LOOPBACK, server.port, TlsPolicy.NONE, Credentials("ada", SECRET))
        seen = walk(endpoint, within=0.5)

    assert f"{stage}!" == _names(seen)[-1]
    assert "did not come within 0.5 s of all" == seen.steps[-1].detail
